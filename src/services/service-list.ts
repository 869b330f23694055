// The services that are up, by type: one array for each version of the list.

import type { ServiceEntry } from '../directory/shell/directory-events.js'
import type { Candidate } from './candidate.js'

/** What is needed of a directory to list its services. */
export interface ServiceSource {
  services(query?: { readonly app?: string; readonly name?: string }): ServiceEntry[]
}

export class ServiceList {
  readonly #source: ServiceSource
  readonly #env: string
  readonly #types = new Map<string, readonly Candidate[]>()
  #all: readonly Candidate[] | undefined

  constructor(source: ServiceSource, env: string) {
    this.#source = source
    this.#env = env
  }

  /** Never changed; the same array until something of this type changes. */
  ofType(app: string): readonly Candidate[] {
    let list = this.#types.get(app)
    if (list === undefined) {
      list = this.#read({ app })
      // What nobody offers is not kept: its names come from outside and have no end.
      if (list.length > 0) this.#types.set(app, list)
    }
    return list
  }

  all(): readonly Candidate[] {
    this.#all ??= this.#read({})
    return this.#all
  }

  withId(serviceId: number): Candidate | undefined {
    return this.all().find(({ record }) => record.serviceId === serviceId)
  }

  named(name: string): Candidate | undefined {
    return this.all().find(({ record }) => record.name === name)
  }

  changed(app: string): void {
    this.#types.delete(app)
    this.#all = undefined
  }

  #read(query: { readonly app?: string }): readonly Candidate[] {
    const entries = this.#source.services(query)
    return entries
      .filter(({ record }) => record.env === this.#env)
      .map(({ node, record, isOwn }) => ({ node, record, isOwn }))
  }
}
