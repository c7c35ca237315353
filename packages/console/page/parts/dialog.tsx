import type { ComponentChildren } from 'preact'
import { useLayoutEffect, useRef, useState } from 'preact/hooks'
import { type Refusal, refusalOf } from '../api.ts'
import { tell } from '../state.ts'

interface DialogProps {
  readonly title: string
  /** The text of the button that does it. */
  readonly action: string
  readonly danger?: boolean
  /** False while the fields are not filled in. */
  readonly isReady?: boolean
  readonly onClose: () => void
  /** Does it. @returns the word to show afterwards. @throws Refusal. */
  readonly onDo: () => Promise<string>
  /** Called when it was done, and the dialog is closed. */
  readonly onDone?: () => void
  /** Shows a refusal in another way than as its message. Resolves with true if it did. @throws Refusal, which is shown instead. */
  readonly onRefused?: (refusal: Refusal) => Promise<boolean>
  readonly children: ComponentChildren
}

/** A dialog of the browser's own: it keeps the focus inside, and Escape closes it. */
export function Dialog({
  title,
  action,
  danger,
  isReady = true,
  onClose,
  onDo,
  onDone,
  onRefused,
  children,
}: DialogProps) {
  const element = useRef<HTMLDialogElement>(null)
  const [refusal, setRefusal] = useState<Refusal | null>(null)
  const [isBusy, setBusy] = useState(false)
  useLayoutEffect(() => {
    const dialog = element.current!
    dialog.showModal()
    // Closing gives the focus back to where it was; an element that is only removed leaves it nowhere for a while.
    return () => dialog.close()
  }, [])
  const submit = async (event: Event): Promise<void> => {
    event.preventDefault()
    setBusy(true)
    setRefusal(null)
    try {
      tell(await onDo())
      onClose()
      onDone?.()
    } catch (error) {
      const found = refusalOf(error)
      const isShown = await (onRefused?.(found) ?? Promise.resolve(false)).catch(refusalOf)
      if (isShown !== true) setRefusal(isShown || found)
    } finally {
      setBusy(false)
    }
  }
  return (
    <dialog
      ref={element}
      onClose={() => element.current !== null && onClose()}
      aria-labelledby="dialog-title"
    >
      <form onSubmit={event => void submit(event)}>
        <h2 id="dialog-title">{title}</h2>
        {children}
        {refusal !== null && (
          <p class="bad" role="alert">
            {refusal.message}
            {refusal.advice !== null && ` ${refusal.advice}`}
          </p>
        )}
        <div class="buttons">
          <button type="button" onClick={onClose}>
            Cancel
          </button>
          <button type="submit" class={danger ? 'danger' : 'primary'} disabled={!isReady || isBusy}>
            {action}
          </button>
        </div>
      </form>
    </dialog>
  )
}
