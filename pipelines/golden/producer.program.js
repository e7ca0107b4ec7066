// no stage of this pipeline needs code
