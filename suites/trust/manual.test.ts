import { manual } from '../../harness/lab/remedies/manual.ts';
import { claimJoined } from '../support/joined.ts';

claimJoined(manual);
