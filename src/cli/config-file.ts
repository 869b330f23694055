// The configuration file: JSON whose keys are the names of the settings.

import { readFileSync, statSync } from 'node:fs'
import { z } from 'zod'
import { UsageError } from './exit-code.js'
import type { GivenValue, Layer } from './given.js'
import { ALL_SETTINGS, type SettingForm, type SettingName, settingOf } from './settings.js'

const FILE_BYTES_MAX = 1_048_576

const text = z.string({ error: 'expected a text' })
const number = z.union([z.number(), z.string()], { error: 'expected a number or a text' })
const list = z.union([text, z.array(text)], { error: 'expected a text or an array of texts' })

const SCHEMA_OF_FORM = {
  text: number,
  list,
  names: list,
  switch: z.boolean({ error: 'expected true or false' }),
  duration: number,
  size: number,
  count: number,
  topology: z.union([z.record(z.string(), z.string()), z.array(text)], {
    error: 'expected an object { "ID": "PARENT" } or an array of "ID=PARENT"',
  }),
} as const satisfies Record<SettingForm, z.ZodType>

const schema = z.strictObject(
  Object.fromEntries(
    ALL_SETTINGS.map((name) => [name, SCHEMA_OF_FORM[settingOf(name).form].optional()]),
  ),
)

/** Throws a UsageError that names the file, the key and what is wrong with it. */
export function layerOfFile(path: string, names: readonly SettingName[]): Layer {
  const parsed = schema.safeParse(readJson(path))
  if (!parsed.success) throw new UsageError(`${path}: ${complaintOf(parsed.error)}`)
  const layer = new Map<SettingName, GivenValue>()
  for (const name of names) {
    const value = parsed.data[name]
    if (value !== undefined) layer.set(name, { texts: textsOf(value), from: `${path}: ${name}` })
  }
  return layer
}

function readJson(path: string): unknown {
  let content: string
  try {
    if (statSync(path).size > FILE_BYTES_MAX) throw new Error('larger than 1 MiB')
    content = readFileSync(path, 'utf8')
  } catch (error) {
    throw new UsageError(`--config ${path}: ${(error as Error).message}`)
  }
  try {
    return JSON.parse(content)
  } catch (error) {
    throw new UsageError(`${path}: not JSON: ${(error as Error).message}`)
  }
}

function complaintOf(error: z.ZodError): string {
  const [issue] = error.issues
  if (issue?.code === 'unrecognized_keys') return `unknown key ${issue.keys.join(', ')}`
  const place = issue?.path.join('.') ?? ''
  return place === '' ? 'expected a JSON object' : `${place}: ${issue?.message}`
}

function textsOf(value: unknown): readonly string[] {
  if (Array.isArray(value)) return value.map(String)
  if (typeof value !== 'object' || value === null) return [String(value)]
  return Object.entries(value).map(([id, parent]) => `${id}=${String(parent)}`)
}
