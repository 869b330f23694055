// The shape of logger that a node accepts: pino's, or anything with these four methods.

type LogMethod = (fields: object, message: string) => void

export interface BusLogger {
  debug: LogMethod
  info: LogMethod
  warn: LogMethod
  error: LogMethod
}
