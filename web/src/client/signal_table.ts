// Typed callbacks: a table from a name to the functions that want to hear of it.
//
// A callback that throws harms neither the others nor the caller: its error is reported as an uncaught one.

export class SignalTable<Signals extends object> {
  #listeners = new Map<keyof Signals, Set<(value: never) => void>>();

  /** Calls `listener` at every later emit of `name`, until the returned function is called. */
  on<Name extends keyof Signals>(name: Name, listener: (value: Signals[Name]) => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, listeners);
    listeners.add(listener);
    return () => listeners.delete(listener);
  }

  emit<Name extends keyof Signals>(name: Name, value: Signals[Name]): void {
    for (const listener of this.#listeners.get(name) ?? []) {
      try {
        listener(value as never);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }
}
