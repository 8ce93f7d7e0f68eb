/**
 * `bookinfo/details-v1` of the pod `bookinfo/details-v1-774b7654c7-kqmmp`; an id that does not end like a pod of a
 * Deployment or DaemonSet stays as it is. Kubernetes draws those endings from an alphabet without vowels
 * (k8s.io/apimachinery, util/rand).
 */
export function workloadOf(podId: string): string {
  return podId.replace(/(?:-[bcdfghjklmnpqrstvwxz2456789]{6,10})?-[bcdfghjklmnpqrstvwxz2456789]{5}$/, '');
}

const LISTS = new Intl.ListFormat('en-GB');

/** `a`, `a and b`, `a, b and c`: all of them, each once, in alphabetical order. */
export const listNames = (items: Iterable<string>): string => LISTS.format([...new Set(items)].sort());
