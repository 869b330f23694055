// What `--help` says beside the flags.

const EXIT_CODES = `
Exit codes:
  0     done
  1     tried, and it failed (a message was not delivered, a ping was lost)
  2     bad usage or configuration; stderr names the value
  3     the parent cannot be reached or does not let us in
  130   cut short by SIGINT (143: by SIGTERM); run: by the second one`

export const AFTER_HELP = `
Examples:
  treebus run --id 0x100 --listen tcp://127.0.0.1:7000
  treebus run --id 0x101 --parent tcp://127.0.0.1:7000 --json
  treebus send 0x101 --parent tcp://127.0.0.1:7000 < lines.txt
  treebus ping 0x101 --parent tcp://127.0.0.1:7000
  treebus peers --parent tcp://127.0.0.1:7000
  treebus tree --parent tcp://127.0.0.1:7000
  treebus routes --watch --parent tcp://127.0.0.1:7000
  treebus registry --id 0x10 --listen tcp://127.0.0.1:7000
  treebus run --id 0x102 --parent tcp://127.0.0.1:7000 --service game:lobby
  treebus services --watch --parent tcp://127.0.0.1:7000
  treebus call game join '{"name":"ann"}' --parent tcp://127.0.0.1:7000
${EXIT_CODES}`

const SOURCES = `
Values:
  Durations are 500ms, 8s, 5m, 3h, or a number of milliseconds; sizes 64KiB, 2MiB, or bytes.
  Ids are 0x… or decimal. Addresses are tcp://HOST:PORT, tcp://[V6]:PORT, unix://PATH, and the
  libatbus schemes ipv4://, ipv6://, atcp://, dns://, pipe://.

Environment and file:
  Each flag has a variable (--ping-interval: TREEBUS_PING_INTERVAL) and a key in the file
  (pingInterval). Flags win over variables, variables over the file. Where a flag may
  be given again its variable takes several, with commas between; TREEBUS_TOKEN is one token.
  Tokens of a stronger source, direct or in files, replace all of a weaker one.`

export const AFTER_RUN_HELP = `
Lines on stdin (help lists them):
  send ID TEXT       sendhex ID HEX     request ID TEXT    confirm ID TEXT
  command ID ARG...  ping ID            peers              routes
  counters           quit               help
  With a full queue the next line waits. The end of stdin is not the end of the node (--until-eof).

Events on stdout, one line each; with --json each is an object with the field "event":
  ready state link_up link_path link_down message request reply delivered failure command
  command_reply refused dial_failed parent_changed pong peers routes counters help error
  leaving closed
  With --routes also: route_up route_changed route_down route_reset
  With any flag of the directory also: registered registration_refused duplicate_registry list
  service_up service_changed service_down
  Ids are "0x…" texts. A payload is "text" where it is valid UTF-8 without control characters
  other than line feed and tab, else "hex". "line" is the line of stdin that an event answers.

Signals:
  SIGTERM, SIGINT and quit leave the tree in good order within --drain-timeout and exit 0; a second
  signal ends the process at once.
${SOURCES}

Examples:
  treebus run --id 0x100 --listen tcp://0.0.0.0:7000 --token-file /etc/treebus/token
  treebus run --id 0x201 --parent tcp://10.0.0.1:7000 --token-file token --key-exchange x25519
  TREEBUS_ID=0x201 TREEBUS_PARENT=tcp://127.0.0.1:7000 treebus run --json
  treebus run --config node.json
    { "id": "0x200", "listen": ["tcp://127.0.0.1:0"], "parent": "tcp://127.0.0.1:7000",
      "topology": { "0x201": "0x200", "0x202": "0x200" }, "pingInterval": "8s" }
${EXIT_CODES}
`

export const AFTER_REGISTRY_HELP = `
A registry is a node like any other, and takes the same lines and prints the same events as run.
Beside these: member_joined member_left protecting registry_peer.
Nodes register at every registry of their zone; give each registry the others by --registry or
--bootstrap. One that starts with an empty list takes it over from the others; alone it waits for
60s (--warm-up) before it takes its list for whole.

Examples:
  treebus registry --id 0x10 --listen tcp://10.0.0.1:7000 --zone west --token-file token
  treebus registry --id 0x11 --listen tcp://10.0.0.2:7000 --zone west --token-file token \\
    --registry tcp://10.0.0.1:7000 --admin 0xad
  treebus registry --config registry.json
    { "id": "0x10", "listen": "tcp://10.0.0.1:7000", "zone": "west",
      "bootstrap": "file:/etc/treebus/registries", "admin": ["0xad"] }
  treebus retire 0x201 --id 0xad --parent tcp://10.0.0.2:7000 --token-file token
${EXIT_CODES}
`

export const RETIRE_SAYS = `Take one life of a node out of service: only its restart brings it back.
Only an administrator may: --id has to be one that the registries were given with --admin.`

export const AFTER_VISIT_HELP = `
The command joins as a child of --parent, under a random id with the top 16 bits set unless --id is
given, and leaves when it is done. It takes TREEBUS_PARENT and the other variables of run, but not
TREEBUS_ID.
${EXIT_CODES}
`
