import { useCallback, useEffect, useState } from 'preact/hooks'
import { get, type Refusal, refusalOf } from '../api.ts'

/** Reads an answer of the console now, and again when it is asked to. */
export function useRead<Result>(
  name: string,
  params: Record<string, string> = {},
  every = 0,
): { value: Result | null; refusal: Refusal | null; again: () => void } {
  const [value, setValue] = useState<Result | null>(null)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const key = JSON.stringify(params)
  const again = useCallback(() => {
    get<Result>(name, JSON.parse(key)).then(
      found => {
        setValue(found)
        setRefusal(null)
      },
      error => setRefusal(refusalOf(error)),
    )
  }, [name, key])
  useEffect(() => {
    again()
    const timer = every > 0 ? setInterval(again, every) : undefined
    return () => clearInterval(timer)
  }, [again, every])
  return { value, refusal, again }
}
