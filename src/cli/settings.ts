// Every setting of the command line, once: its flag, variable and file key come from its name.

/**
 * How a value is written. `list` and `names` may hold several: a flag that is given again, a
 * variable or a flag with commas (`names`, and `list` in a variable), an array in the file.
 */
export type SettingForm =
  | 'text'
  | 'list'
  | 'names'
  | 'switch'
  | 'duration'
  | 'size'
  | 'count'
  | 'topology'

export type SettingGroup = 'Node' | 'Directory' | 'Security' | 'Limits' | 'Behaviour' | 'Output'

export interface Setting {
  readonly form: SettingForm
  readonly group: SettingGroup
  /** As help shows it; none for a switch. */
  readonly value?: string
  /** Values that are taken; none where any is. */
  readonly choices?: readonly string[]
  readonly says: string
  /** Where it means something else to a node that only visits. */
  readonly saysToVisitor?: string
  /** The option of `BusNode` whose complaints are about this setting. */
  readonly option?: string
}

export const CURVE_CHOICES = ['none', 'x25519', 'p256', 'p384', 'p521'] as const
export const CIPHER_CHOICES = [
  'xxtea',
  'aes-128-cbc',
  'aes-192-cbc',
  'aes-256-cbc',
  'aes-128-gcm',
  'aes-192-gcm',
  'aes-256-gcm',
  'chacha20',
  'chacha20-poly1305-ietf',
  'xchacha20-poly1305-ietf',
] as const
export const COMPRESSION_CHOICES = ['none', 'zstd', 'lz4', 'snappy', 'zlib'] as const
export const ENCRYPTION_CHOICES = ['optional', 'required'] as const
export const PLAIN_PEER_CHOICES = ['accept', 'refuse'] as const
export const FIRST_CONNECTION_CHOICES = ['retry', 'give-up'] as const

const NODE_SETTINGS = {
  id: {
    form: 'text',
    group: 'Node',
    value: '<ID>',
    says: "this node's id: 0x… or decimal, 64 bits, not 0",
    saysToVisitor: 'the id to join under (default: a random one)',
  },
  listen: {
    form: 'list',
    group: 'Node',
    value: '<ADDRESS>',
    says: 'where to listen, again for more: tcp://HOST:PORT (port 0: any), unix://PATH',
  },
  parent: {
    form: 'list',
    group: 'Node',
    value: '<ADDRESS>',
    says: 'the parent; several are tried in turn. None: this node is a root',
    saysToVisitor: 'the node to join as a child; several are tried in turn',
  },
  topology: {
    form: 'topology',
    group: 'Node',
    value: '<ID=PARENT>',
    says: 'that ID is a child of PARENT, again for more: needed to route to grandchildren',
  },
} as const satisfies Record<string, Setting>

const DIRECTORY_SETTINGS = {
  zone: {
    form: 'text',
    group: 'Directory',
    value: '<NAME>',
    says: 'register at the registries of this zone (default: default)',
    saysToVisitor: 'ask the registries of this zone (default: default)',
  },
  registry: {
    form: 'list',
    group: 'Directory',
    value: '<ADDRESS>',
    says: 'a registry beside the parent, again for more; dialled again every second',
    saysToVisitor: 'a registry, where the parent is none and knows none; again for more',
  },
  bootstrap: {
    form: 'text',
    group: 'Directory',
    value: '<SOURCE>',
    says: 'where registries are: file:PATH, redis(s)://HOST:PORT, etcd:URL,URL (read every second)',
  },
  service: {
    form: 'list',
    group: 'Directory',
    value: '<APP[:NAME]>',
    says: 'offer a service of this app; NAME is one that nobody else has; again for more',
  },
  weight: {
    form: 'count',
    group: 'Directory',
    value: '<NUMBER>',
    says: 'the share of these services where one of several is picked (default: 10)',
  },
  metadata: {
    form: 'text',
    group: 'Directory',
    value: '<JSON>',
    says: 'an object that is listed with these services',
  },
  want: {
    form: 'list',
    group: 'Directory',
    value: '<APP>',
    says: 'open links to who offers this app ahead of need, * for every app; again for more',
  },
  admin: {
    form: 'list',
    group: 'Directory',
    value: '<ID>',
    says: 'at a registry: who may change and retire what others offer; again for more',
  },
  warmUp: {
    form: 'duration',
    group: 'Directory',
    value: '<DURATION>',
    says: 'how long a registry alone waits before it takes its list for whole (default: 60s)',
  },
} as const satisfies Record<string, Setting>

/** Only for registries. */
const REGISTRY_SETTINGS: readonly string[] = ['admin', 'warmUp']

const SECURITY_SETTINGS = {
  token: {
    form: 'list',
    group: 'Security',
    value: '<TEXT>',
    says: 'shared secret, at most 5; arguments are visible to others: prefer a file',
    option: 'token',
  },
  tokenFile: {
    form: 'list',
    group: 'Security',
    value: '<FILE>',
    says: 'file with one shared secret; a line feed at its end is not part of it',
  },
  keyExchange: {
    form: 'text',
    group: 'Security',
    value: '<CURVE>',
    choices: CURVE_CHOICES,
    says: `${CURVE_CHOICES.join(', ')} (default: none, links in clear)`,
    option: 'keyExchange',
  },
  cipher: {
    form: 'names',
    group: 'Security',
    value: '<NAMES>',
    choices: CIPHER_CHOICES,
    says: `best first: ${CIPHER_CHOICES.join(', ')}`,
    option: 'ciphers',
  },
  encryption: {
    form: 'text',
    group: 'Security',
    value: '<RULE>',
    choices: ENCRYPTION_CHOICES,
    says: 'optional, or required: refuse links in clear (default: optional)',
    option: 'encryption',
  },
  plainPeers: {
    form: 'text',
    group: 'Security',
    value: '<RULE>',
    choices: PLAIN_PEER_CHOICES,
    says: 'accept, or refuse nodes that are not treebus (default: accept)',
  },
  allowOpenListener: {
    form: 'switch',
    group: 'Security',
    says: 'allow a listener beyond loopback without any token',
  },
  clockSkew: {
    form: 'duration',
    group: 'Security',
    value: '<DURATION>',
    says: 'tolerance for the clocks of who registers; 0: any (default: 300s)',
    option: 'clockSkewSeconds',
  },
  keyRefresh: {
    form: 'duration',
    group: 'Security',
    value: '<DURATION>',
    says: 'age at which keys are renewed; 0: never (default: 3h)',
    option: 'keyRefreshMs',
  },
} as const satisfies Record<string, Setting>

const LIMIT_SETTINGS = {
  compression: {
    form: 'names',
    group: 'Limits',
    value: '<NAMES>',
    choices: COMPRESSION_CHOICES,
    says: `${COMPRESSION_CHOICES.join(', ')} (default: none)`,
    option: 'compression',
  },
  pingInterval: {
    form: 'duration',
    group: 'Limits',
    value: '<DURATION>',
    says: 'silence before a ping; a link ends after three (default: 8s)',
    option: 'pingIntervalMs',
  },
  ttl: {
    form: 'count',
    group: 'Limits',
    value: '<NUMBER>',
    says: 'nodes that a message may pass (default: 16)',
    option: 'ttl',
  },
  maxMessageSize: {
    form: 'size',
    group: 'Limits',
    value: '<SIZE>',
    says: 'payload of one message (default: 2MiB)',
    option: 'messageBytesMax',
  },
  sendBufferSize: {
    form: 'size',
    group: 'Limits',
    value: '<SIZE>',
    says: 'what may wait for one connection (default: 4 messages, at least 8MiB)',
    option: 'sendBufferBytesMax',
  },
} as const satisfies Record<string, Setting>

const BEHAVIOUR_SETTINGS = {
  firstConnection: {
    form: 'text',
    group: 'Behaviour',
    value: '<RULE>',
    choices: FIRST_CONNECTION_CHOICES,
    says: 'retry, or give-up: exit 3 if the parent is not there (default: retry)',
  },
  drainTimeout: {
    form: 'duration',
    group: 'Behaviour',
    value: '<DURATION>',
    says: 'how long leaving may take (default: 5s)',
  },
  echo: {
    form: 'switch',
    group: 'Behaviour',
    says: 'answer requests and commands with what they carry (default: refuse requests)',
  },
  routes: {
    form: 'switch',
    group: 'Behaviour',
    says: 'tell who becomes reachable and who is lost (default: links only)',
  },
  untilEof: {
    form: 'switch',
    group: 'Behaviour',
    says: 'leave when stdin ends (default: go on without it)',
  },
} as const satisfies Record<string, Setting>

const OUTPUT_SETTINGS = {
  json: { form: 'switch', group: 'Output', says: 'print one JSON object per line' },
} as const satisfies Record<string, Setting>

export const SETTINGS = {
  ...NODE_SETTINGS,
  ...DIRECTORY_SETTINGS,
  ...SECURITY_SETTINGS,
  ...LIMIT_SETTINGS,
  ...BEHAVIOUR_SETTINGS,
  ...OUTPUT_SETTINGS,
}

export type SettingName = keyof typeof SETTINGS

/** All of them: what a file may hold. */
export const ALL_SETTINGS = Object.keys(SETTINGS) as SettingName[]

export const RUN_SETTINGS = ALL_SETTINGS.filter((name) => !REGISTRY_SETTINGS.includes(name))

/** A registry has all of it, and what a node needs that runs beside. */
export const REGISTRY_RUN_SETTINGS: readonly SettingName[] = ALL_SETTINGS

/** What a node that only visits can be told. */
export const VISIT_SETTINGS: readonly SettingName[] = [
  'id',
  'parent',
  ...(Object.keys(SECURITY_SETTINGS) as (keyof typeof SECURITY_SETTINGS)[]).filter(
    (name) => name !== 'allowOpenListener' && name !== 'keyRefresh',
  ),
  'compression',
  'maxMessageSize',
  'json',
]

/** What a visitor can be told that looks at the directory. */
export const DIRECTORY_VISIT_SETTINGS: readonly SettingName[] = [
  'id',
  'parent',
  'zone',
  'registry',
  ...VISIT_SETTINGS.filter((name) => name !== 'id' && name !== 'parent'),
]

export function settingOf(name: SettingName): Setting {
  return SETTINGS[name]
}

/** `pingInterval` is `--ping-interval`. */
export function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`
}

/** `pingInterval` is `TREEBUS_PING_INTERVAL`. */
export function variableOf(name: string): string {
  return `TREEBUS_${flagOf(name).slice(2).replaceAll('-', '_').toUpperCase()}`
}
