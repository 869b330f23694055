// Where the addresses of the first registries come from: the interface of all providers.

/** More than any zone has registries; the rest of a list is ignored. */
export const ADDRESSES_MAX = 64
export const ADDRESS_CHARS_MAX = 256

export interface BootstrapProvider {
  /** For messages to people: `static`, `file /etc/…`. */
  readonly name: string
  /**
   * The addresses as they are now, each once, in order, at most `ADDRESSES_MAX`. What is not there
   * is an empty list; rejects only where the source cannot be asked.
   */
  read(): Promise<readonly string[]>
  /** A source that notices changes by itself says so; it is read again soon after. */
  watch?(onChange: () => void): void
  /** Releases what it holds. `read` is not called after it. */
  close(): Promise<void>
}

/** A store that registries write to themselves, beside being read. */
export interface AdvertisingProvider extends BootstrapProvider {
  /**
   * Makes these the addresses of this registry, in place of those it gave before, until
   * `ADVERTISED_MS` from now. Rejects where the store cannot be asked; `close` withdraws them.
   */
  advertise(addresses: readonly string[]): Promise<void>
}

/** A registry that died is gone from the store after this; three advertisements may fail. */
export const ADVERTISED_MS = 5_000

/** Every provider hands its raw list through here, so a broken source does no harm. */
export function lawfulAddresses(raw: Iterable<string>): string[] {
  const addresses = new Set<string>()
  for (const text of raw) {
    const address = text.trim()
    const isLawful = address.length <= ADDRESS_CHARS_MAX && /^[a-z0-9]+:\/\/\S+$/.test(address)
    if (isLawful) addresses.add(address)
    if (addresses.size === ADDRESSES_MAX) break
  }
  return [...addresses]
}
