// What the user gave, from flags, environment and file: for each setting the strongest source.

import { UsageError } from './exit-code.js'
import { flagOf, type SettingName, settingOf, variableOf } from './settings.js'

export interface GivenValue {
  readonly texts: readonly string[]
  /** Names the place for the user: a flag, a variable, or a key in a file. */
  readonly from: string
}

export type Layer = ReadonlyMap<SettingName, GivenValue>

/** Secrets are one setting with two names: a stronger source replaces both. */
const TOKEN_SETTINGS: readonly SettingName[] = ['token', 'tokenFile']

const SWITCHED: Readonly<Record<string, boolean>> = {
  true: true,
  '1': true,
  yes: true,
  false: false,
  '0': false,
  no: false,
}

export class Given {
  readonly #values = new Map<SettingName, GivenValue>()

  /** The strongest layer first. */
  constructor(layers: readonly Layer[]) {
    for (const layer of [...layers].reverse()) {
      if (TOKEN_SETTINGS.some((name) => layer.has(name))) {
        for (const name of TOKEN_SETTINGS) this.#values.delete(name)
      }
      for (const [name, value] of layer) this.#values.set(name, value)
    }
  }

  get(name: SettingName): GivenValue | undefined {
    return this.#values.get(name)
  }

  texts(name: SettingName): readonly string[] {
    return this.#values.get(name)?.texts ?? []
  }

  isOn(name: SettingName): boolean {
    const value = this.#values.get(name)
    if (value === undefined) return false
    const [text = ''] = value.texts
    const isOn = SWITCHED[text.toLowerCase()]
    if (isOn === undefined) throw new UsageError(`${value.from} ${text}: neither true nor false`)
    return isOn
  }

  /** A single value, read by `parse`; what it does not take is named with what was expected. */
  read<T>(
    name: SettingName,
    parse: (text: string) => T | undefined,
    expected: string,
  ): T | undefined {
    const value = this.#values.get(name)
    if (value === undefined) return undefined
    const [text = ''] = value.texts
    const parsed = parse(text)
    if (parsed === undefined) throw new UsageError(`${value.from} ${text}: not ${expected}`)
    return parsed
  }

  choice<C extends string>(name: SettingName, choices: readonly C[]): C | undefined {
    const expected = `one of ${choices.join(', ')}`
    return this.read(name, (text) => choices.find((choice) => choice === text), expected)
  }

  choices<C extends string>(name: SettingName, choices: readonly C[]): C[] | undefined {
    const value = this.#values.get(name)
    return value?.texts.map((text) => {
      const found = choices.find((choice) => choice === text)
      if (found !== undefined) return found
      throw new UsageError(`${value.from} ${text}: not one of ${choices.join(', ')}`)
    })
  }
}

/** What commander collected under the settings' names. */
export function layerOfFlags(
  flags: Readonly<Record<string, unknown>>,
  names: readonly SettingName[],
): Layer {
  const layer = new Map<SettingName, GivenValue>()
  for (const name of names) {
    const given = flags[name]
    if (given === undefined) continue
    const texts = Array.isArray(given) ? given.map(String) : [String(given)]
    layer.set(name, { texts: split(name, texts), from: flagOf(name) })
  }
  return layer
}

/** An empty variable counts as not set. */
export function layerOfEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  names: readonly SettingName[],
): Layer {
  const layer = new Map<SettingName, GivenValue>()
  for (const name of names) {
    const variable = variableOf(name)
    const text = environment[variable]
    if (text === undefined || text === '') continue
    // A secret may hold a comma.
    const isList = settingOf(name).form === 'list' || settingOf(name).form === 'topology'
    const texts = isList && name !== 'token' ? words(text) : split(name, [text])
    layer.set(name, { texts, from: variable })
  }
  return layer
}

function split(name: SettingName, texts: readonly string[]): readonly string[] {
  return settingOf(name).form === 'names' ? texts.flatMap(words) : texts
}

function words(text: string): string[] {
  return text.split(',').map((word) => word.trim())
}
