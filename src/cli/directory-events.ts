// Prints what a directory tells, from its start on.

import { type Directory, formatId } from '../index.js'
import { serviceRow } from './directory-rows.js'
import type { Output } from './output.js'

export function tellingTo(output: Output): (directory: Directory) => void {
  return (directory) => {
    tellServices(directory, output)
    tellRegistration(directory, output)
    if (directory.isRegistry) tellMembers(directory, output)
  }
}

export function tellServices(directory: Directory, output: Output, app?: string): void {
  const isAsked = (name: string): boolean => app === undefined || app === name
  directory
    .on('service_up', (entry) => {
      if (isAsked(entry.record.app)) output.tell('service_up', serviceRow(entry))
    })
    .on('service_changed', (entry) => {
      if (isAsked(entry.record.app)) output.tell('service_changed', serviceRow(entry))
    })
    .on('service_down', (entry, reason) => {
      if (isAsked(entry.record.app)) output.tell('service_down', { ...serviceRow(entry), reason })
    })
    .on('list', (state) => {
      output.tell('list', { state, members: directory.status().members })
    })
}

function tellRegistration(directory: Directory, output: Output): void {
  directory
    .on('registered', (registry) => output.tell('registered', { registry: formatId(registry) }))
    .on('refused', ({ node, registry, refusal, holder }) => {
      const { code, what, says } = refusal
      output.tell('registration_refused', {
        node: formatId(node),
        registry: registry === undefined ? null : formatId(registry),
        holder: holder === 0n ? null : formatId(holder),
        code,
        what,
        says,
      })
    })
    .on('duplicate_registry', ({ registry, address }) =>
      output.tell('duplicate_registry', { registry: formatId(registry), address }),
    )
    .on('bootstrap_failed', (error) =>
      output.tell('error', { detail: error instanceof Error ? error.message : String(error) }),
    )
}

function tellMembers(directory: Directory, output: Output): void {
  directory
    .on('joined', ({ id, incarnation }) =>
      output.tell('member_joined', { id: formatId(id), incarnation }),
    )
    .on('left', ({ id, incarnation, reason }) =>
      output.tell('member_left', { id: formatId(id), incarnation, reason }),
    )
    .on('protecting', (on) => output.tell('protecting', { on }))
    .on('peer', ({ id, status }) => output.tell('registry_peer', { id: formatId(id), status }))
}
