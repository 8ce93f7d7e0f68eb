import { manualTls } from '../../harness/lab/remedies/manual-tls.ts';
import { claimJoined } from '../support/joined.ts';

claimJoined(manualTls);
