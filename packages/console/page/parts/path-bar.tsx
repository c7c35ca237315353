import { useEffect, useRef, useState } from 'preact/hooks'
import { visible, znodeHref } from '../paths.ts'
import { complete } from '../tree/model.ts'

/** The path as a field: it completes from the live tree, and Enter goes there. */
export function PathBar({ path }: { path: string }) {
  const [text, setText] = useState(path)
  const [offers, setOffers] = useState<readonly string[]>([])
  const [at, setAt] = useState(-1)
  const asked = useRef(0)
  useEffect(() => {
    setText(path)
    setOffers([])
  }, [path])

  const ask = async (value: string): Promise<void> => {
    setText(value)
    setAt(-1)
    const mine = ++asked.current
    const found = value.startsWith('/') ? await complete(value) : []
    if (mine === asked.current) setOffers(found.filter(each => each !== value))
  }
  const go = (value: string): void => {
    setOffers([])
    asked.current++
    const clean = value.length > 1 ? value.replace(/\/+$/, '') : value
    location.hash = znodeHref(clean.startsWith('/') ? clean : `/${clean}`)
  }
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Enter') go(at >= 0 ? offers[at]! : text)
    else if (event.key === 'Escape') setOffers([])
    else if (event.key === 'ArrowDown') setAt(Math.min(offers.length - 1, at + 1))
    else if (event.key === 'ArrowUp') setAt(Math.max(-1, at - 1))
    else if (event.key === 'Tab' && !event.shiftKey && offers.length > 0) void ask(offers[Math.max(0, at)]!)
    else return
    event.preventDefault()
  }
  return (
    <div class="path-bar">
      <input
        type="text"
        role="combobox"
        aria-label="Path"
        aria-expanded={offers.length > 0}
        aria-controls="path-offers"
        aria-autocomplete="list"
        {...(at >= 0 && { 'aria-activedescendant': `offer-${at}` })}
        autocomplete="off"
        spellcheck={false}
        dir="ltr"
        value={text}
        onInput={event => void ask(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={() => setTimeout(() => setOffers([]), 150)}
      />
      <div class="offers" id="path-offers" role="listbox" aria-label="Znodes" hidden={offers.length === 0}>
        {offers.map((offer, i) => (
          <div
            key={offer}
            id={`offer-${i}`}
            role="option"
            aria-selected={i === at}
            onMouseDown={() => go(offer)}
          >
            <bdi>{visible(offer)}</bdi>
          </div>
        ))}
      </div>
    </div>
  )
}
