import type { LabContext } from '../../harness/run/claims/claim.ts';
import { apply } from '../../harness/cluster/ownership/objects.ts';

/** A Secret that a claim takes away or changes. */
export interface BorrowedSecret {
  /** As it was; values in base64. */
  data: Record<string, string>;
  /** Replaces its data; other values in base64. */
  write: (data: Record<string, string>) => Promise<void>;
  putBack: () => Promise<void>;
}

/** Takes hold of a Secret so that it can be put back as it was; every key in it is made known before anything else. */
export async function borrowSecret(
  { lab, keepSecret }: LabContext,
  ref: { namespace: string; name: string },
): Promise<BorrowedSecret> {
  const { data = {}, type = 'Opaque' } = await lab.kube.core.readNamespacedSecret(ref);
  for (const value of Object.values(data)) {
    const text = Buffer.from(value, 'base64').toString();
    if (text.includes('PRIVATE KEY')) keepSecret(text);
  }
  const write = async (files: Record<string, string>) => {
    const secret = { apiVersion: 'v1', kind: 'Secret', metadata: ref, type, data: files };
    await apply(lab, [secret]);
  };
  return { data, write, putBack: () => write(data) };
}
