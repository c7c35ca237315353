import { useEffect, useState } from 'preact/hooks'
import { get, type Refusal, refusalOf } from '../api.ts'
import { Upkeep } from '../upkeep.ts'

/** An answer of the console that a view shows. */
interface Read<Result> {
  readonly value: Result | null
  readonly refusal: Refusal | null
  readonly again: () => void
}

/** Reads an answer of the console now, after so many milliseconds again, and when it is asked to. */
export function useRead<Result>(name: string, params: Record<string, string>, every: number): Read<Result> {
  const [value, setValue] = useState<Result | null>(null)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const [reading, setReading] = useState<Upkeep | null>(null)
  const key = JSON.stringify(params)
  useEffect(() => {
    let isShown = true
    const upkeep = new Upkeep(async () => {
      try {
        const found = await get<Result>(name, JSON.parse(key))
        if (!isShown) return
        setValue(found)
        setRefusal(null)
      } catch (error) {
        if (isShown) setRefusal(refusalOf(error))
        throw error
      }
    })
    setReading(upkeep)
    void upkeep.ask()
    const timer = setInterval(() => void upkeep.ask(), every)
    return () => {
      isShown = false
      clearInterval(timer)
      upkeep.stop()
    }
  }, [name, key, every])
  return { value, refusal, again: () => void reading?.ask() }
}
