import { manual } from '../../harness/remedies/manual.ts';
import { claimJoined } from '../support/joined.ts';

claimJoined(manual);
