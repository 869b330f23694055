// What a process has spent, told by the kernel: for those that cannot be asked.

import { readFileSync } from 'node:fs'

/** Linux counts in hundredths of a second for every program (USER_HZ, proc(5)). */
const TICKS_PER_SECOND = 100

export interface ProcessFigures {
  readonly cpuSeconds: number
  readonly peakRssMib: number
}

export function processFigures(pid: number): ProcessFigures {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The name may hold blanks: fields are counted from behind its bracket; 14 and 15 are the times.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
  const status = readFileSync(`/proc/${pid}/status`, 'utf8')
  const peakKib = Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? Number.NaN)
  return {
    cpuSeconds: (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND,
    peakRssMib: peakKib / 1024,
  }
}
