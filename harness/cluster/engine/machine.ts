/** Where engines of a machine show themselves; a test has a machine of its own. */
export interface Machine {
  /** Folder of the processes (proc(5)). */
  proc: string;
  /** Where docker looks for an engine unless told otherwise, and where a dockerd of ours listens. */
  socket: string;
  /** Where dockerd looks for a containerd that runs already. */
  containerdSocket: string;
  /** Whether meshtrust may start an engine here: dockerd needs Linux and root. */
  mayStart: boolean;
}

export const THIS_MACHINE: Machine = {
  proc: '/proc',
  socket: '/var/run/docker.sock',
  containerdSocket: '/run/containerd/containerd.sock',
  mayStart: process.platform === 'linux' && process.getuid?.() === 0,
};
