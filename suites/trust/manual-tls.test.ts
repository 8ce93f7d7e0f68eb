import { manualTls } from '../../harness/remedies/manual-tls.ts';
import { claimJoined } from '../support/joined.ts';

claimJoined(manualTls);
