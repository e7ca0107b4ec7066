import { describeNetwork } from './network.suite.ts';

describeNetwork({ delayMs: 100, holeMs: 3_000, cutMs: 2_000 });
