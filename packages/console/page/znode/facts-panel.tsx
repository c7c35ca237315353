import type { AclView, QuotaView, ZnodeView } from '../../src/protocol.ts'
import { Age } from '../parts/age.tsx'
import { formatSize, formatTime } from '../parts/format.ts'
import { SessionLink, ZnodeLink } from '../parts/links.tsx'

/** The Stat, the ACL and the quota of a znode. */
export function FactsPanel({ znode }: { znode: ZnodeView }) {
  const { stat, at } = znode
  return (
    <div class="facts">
      <section aria-label="Stat">
        <h3>Stat</h3>
        <dl>
          <Fact name="created">
            {formatTime(stat.ctime)}{' '}
            <span class="quiet">
              (<Age since={stat.ctime} at={at} /> ago, zxid {stat.czxid})
            </span>
          </Fact>
          <Fact name="changed">
            {formatTime(stat.mtime)}{' '}
            <span class="quiet">
              (<Age since={stat.mtime} at={at} /> ago, zxid {stat.mzxid})
            </span>
          </Fact>
          <Fact name="version">
            {stat.version}{' '}
            <span class="quiet">
              of the data; children {stat.cversion}, ACL {stat.aversion}
            </span>
          </Fact>
          <Fact name="size">{formatSize(stat.dataLength)}</Fact>
          <Fact name="children">
            {stat.numChildren.toLocaleString('en')}{' '}
            <span class="quiet">(last change of them: zxid {stat.pzxid})</span>
          </Fact>
          <Fact name="owner">
            {stat.owner === null ? 'no session: it is persistent' : <SessionLink session={stat.owner} />}
          </Fact>
          {znode.mode !== null && <Fact name="mode">{znode.mode}, as its creation has shown</Fact>}
        </dl>
      </section>
      <Acl entries={znode.acl} version={stat.aversion} error={znode.aclError} />
      {znode.quotaError !== null && <p class="quiet">Quota: {znode.quotaError}.</p>}
      <Quota quota={znode.quota} />
    </div>
  )
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  )
}

function Acl({
  entries,
  version,
  error,
}: {
  entries: readonly AclView[]
  version: number
  error: string | null
}) {
  return (
    <section aria-label="ACL">
      <h3>
        ACL <span class="quiet">version {version}</span>
      </h3>
      {error !== null && <p class="bad">{error}</p>}
      <ul class="acl">
        {entries.map(({ scheme, id, perms, words }) => (
          <li key={`${scheme}:${id}`}>
            {words}{' '}
            <code>
              {scheme}:{id}:{perms}
            </code>
          </li>
        ))}
      </ul>
    </section>
  )
}

function Quota({ quota }: { quota: QuotaView | null }) {
  if (quota === null) return null
  const { path, limits, usage } = quota
  return (
    <section aria-label="Quota">
      <h3>
        Quota{' '}
        <span class="quiet">
          of <ZnodeLink path={path} />
        </span>
      </h3>
      <dl>
        <Usage name="znodes" used={usage.count} soft={limits.count} hard={limits.countHardLimit} />
        <Usage name="bytes" used={usage.bytes} soft={limits.bytes} hard={limits.byteHardLimit} />
      </dl>
    </section>
  )
}

function Usage({
  name,
  used,
  soft,
  hard,
}: {
  name: string
  used: number | null
  soft: number | null
  hard: number | null
}) {
  if (soft === null && hard === null) return null
  const limit = hard ?? soft!
  const isOver = used !== null && used > limit
  return (
    <Fact name={name}>
      <meter
        min={0}
        max={limit}
        value={Math.min(used ?? 0, limit)}
        aria-label={`${name} used of the quota`}
      />{' '}
      <span class={isOver ? 'bad' : ''}>
        {used?.toLocaleString('en') ?? '?'} of {limit.toLocaleString('en')}
      </span>
      <span class="quiet">
        {' '}
        {hard === null ? 'soft: servers only warn' : 'hard: servers refuse, if they enforce quotas'}
      </span>
    </Fact>
  )
}
