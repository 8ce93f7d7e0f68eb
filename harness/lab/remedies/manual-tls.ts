import { TLS_FILES } from '../../observations/istio.ts';
import type { Plane } from '../mesh/distribution.ts';
import type { Authority } from '../../verdict/trust/issue.ts';
import { bundle, cacertsReference, encode, manual, pluggedInByHand } from './manual.ts';
import type { Remedy } from './remedy.ts';

/**
 * The manual approach with Secrets of the other form that istiod reads, type kubernetes.io/tls
 * (istio/istio, pilot/pkg/bootstrap/istio_ca.go, detectSigningCABundle): what cert-manager would write, without it.
 */
export const manualTls = {
  ...manual,
  name: 'manual-tls',
  secret: { format: 'kubernetes.io/tls', keeper: undefined },
  apply: pluggedInByHand('manual-tls', tlsSecret),
} satisfies Remedy;

function tlsSecret(plane: Plane, { certificate, chain, privateKey }: Authority) {
  return {
    ...cacertsReference(plane),
    type: 'kubernetes.io/tls',
    data: {
      [TLS_FILES.certificate]: encode(bundle([certificate])),
      [TLS_FILES.key]: encode(privateKey.pem()),
      [TLS_FILES.root]: encode(bundle(chain.slice(-1))),
    },
  };
}
