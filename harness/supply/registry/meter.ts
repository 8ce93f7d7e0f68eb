import { mebibytes, type Received } from './download-failure.ts';

/** Sums up downloads that run side by side: «12.5 of 130.1 MiB (k3d, kubectl)». */
export function downloadMeter(say: (text: string) => void): (name: string, received: Received) => void {
  const files = new Map<string, Received>();
  return (name, received) => {
    files.set(name, received);
    const all = [...files.values()];
    const bytes = all.reduce((sum, one) => sum + one.bytes, 0);
    // A sum with an unknown part would claim too little.
    const known = all.every((one) => one.total !== undefined);
    const total = all.reduce((sum, one) => sum + (one.total ?? 0), 0);
    const running = [...files].filter(([, one]) => one.bytes !== one.total).map(([file]) => file);
    say(`${mebibytes(bytes)}${known ? ` of ${mebibytes(total)}` : ''} MiB (${running.join(', ') || 'done'})`);
  };
}
