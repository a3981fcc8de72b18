import type { Backend } from "../sdk/backend.ts";

/** The same cluster; what is asked of it ends when the signal aborts. Disposing closes nothing: it belongs to another. */
export function withSignal(backend: Backend, signal: AbortSignal): Backend {
  const until = (own?: AbortSignal): AbortSignal => (own === undefined ? signal : AbortSignal.any([signal, own]));
  return {
    description: backend.description,
    ...(backend.runsNothing !== undefined && { runsNothing: backend.runsNothing }),
    clusterName: (own) => backend.clusterName(until(own)),
    hasDependencies: (own) => backend.hasDependencies(until(own)),
    submit: (body, options = {}) => backend.submit(body, { ...options, signal: until(options.signal) }),
    job: (id, options = {}) => backend.job(id, { signal: until(options.signal) }),
    tasks: (id, options = {}) => backend.tasks(id, { signal: until(options.signal) }),
    script: (id, options = {}) => backend.script(id, { signal: until(options.signal) }),
    wait: (id, options = {}) => backend.wait(id, { ...options, signal: until(options.signal) }),
    cancel: (id, options = {}) => backend.cancel(id, { signal: until(options.signal) }),
    explain: (id, options = {}) => backend.explain(id, { signal: until(options.signal) }),
    events: (query, options = {}) => backend.events(query, { signal: until(options.signal) }),
    output: (id, query, options = {}) => backend.output(id, query, { signal: until(options.signal) }),
    keptFile: (cluster, sha256, options = {}) => backend.keptFile(cluster, sha256, { signal: until(options.signal) }),
    keepFile: (cluster, sha256, bytes, options = {}) =>
      backend.keepFile(cluster, sha256, bytes, { signal: until(options.signal) }),
    jobFile: (id, name, options = {}) => backend.jobFile(id, name, { signal: until(options.signal) }),
    [Symbol.asyncDispose]: async () => {},
  };
}
