import { describeKills } from './kill.suite.ts';

describeKills([2, 3, 4, 5, 6, 7, 8, 9]);
