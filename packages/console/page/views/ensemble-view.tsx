import { useEffect } from 'preact/hooks'
import type { EnsembleView as EnsembleAnswer, Sample, ServerSample } from '../../src/protocol.ts'
import { Chart, type Line } from '../parts/chart.tsx'
import { formatAge, formatTime } from '../parts/format.ts'
import { withGaps } from '../parts/scale.ts'
import { Table } from '../parts/table.tsx'
import { View } from '../parts/view.tsx'
import { samples } from '../state.ts'
import { useRead } from './use-read.ts'

/** The servers over time, the members, and the certificates. */
export function EnsembleView() {
  const { value, refusal } = useRead<EnsembleAnswer>('ensemble', {}, 10_000)
  useEffect(() => {
    if (value !== null && value.samples.length > samples.value.length) samples.value = value.samples
  }, [value])
  const all = samples.value
  const last = all.at(-1)
  return (
    <View name="Ensemble" refusal={refusal}>
      {last === undefined ? <p class="quiet">The servers are being asked.</p> : <Health sample={last} />}
      {last !== undefined && <Servers servers={last.servers} />}
      {all.length > 1 && <Charts samples={all} />}
      {value !== null && <Members view={value} />}
    </View>
  )
}

function Health({ sample }: { sample: Sample }) {
  return (
    <p role="status">
      <strong class={sample.healthy ? 'good' : 'bad'}>{sample.healthy ? 'healthy' : 'not healthy'}</strong>:{' '}
      {sample.quorum}; leader {sample.leader ?? 'none'}; newest zxid {sample.zxid ?? 'unknown'}
    </p>
  )
}

function Servers({ servers }: { servers: readonly ServerSample[] }) {
  return (
    <>
      <Table
        heads={[
          'server',
          'mode',
          'version',
          'latency',
          'connections',
          'outstanding',
          'znodes',
          'watches',
          'zxid lag',
          'up',
          'certificate',
        ]}
      >
        {servers.map(each => (
          <tr key={each.server}>
            <td>{each.server}</td>
            <td>
              <span
                class={`role ${each.state === 'serving' ? (each.mode === 'leader' ? 'good' : '') : 'bad'}`}
                title={each.error ?? ''}
              >
                {each.state === 'serving' ? each.mode : each.state}
              </span>
            </td>
            <td>{each.version ?? '-'}</td>
            <td>{each.latency === null ? '-' : `${each.latency} ms, at most ${each.latencyMax}`}</td>
            <Numbers values={[each.connections, each.outstanding, each.znodes, each.watches, each.zxidLag]} />
            <td>{each.uptime === null ? '-' : formatAge(0, each.uptime)}</td>
            <td>
              {each.certificate === null ? (
                'none'
              ) : (
                <span class={each.certificate.daysLeft < 30 ? 'bad' : ''} title={each.certificate.subject}>
                  {each.certificate.daysLeft} days, until {formatTime(Date.parse(each.certificate.validTo))}
                </span>
              )}
            </td>
          </tr>
        ))}
      </Table>
      {servers
        .filter(({ error }) => error !== null)
        .map(({ server, error }) => (
          <p key={server} class="bad">
            {server}: {error}
          </p>
        ))}
    </>
  )
}

function Numbers({ values }: { values: readonly (number | null)[] }) {
  return values.map((value, i) => (
    <td key={i} class="number">
      {value?.toLocaleString('en') ?? '-'}
    </td>
  ))
}

function Charts({ samples: seen }: { samples: readonly Sample[] }) {
  const all = withGaps(seen)
  const times = all.map(({ at }) => at / 1000)
  const names = all.at(-1)!.servers.map(({ server }) => server)
  const lines = (of: (server: ServerSample, i: number, name: string) => number | null): Line[] =>
    names.map(name => ({
      name,
      values: all.map((sample, i) => {
        const server = sample.servers.find(each => each.server === name)
        return server === undefined || server.state !== 'serving' ? null : of(server, i, name)
      }),
    }))
  const requests = (server: ServerSample, i: number, name: string): number | null => {
    const before = all[i - 1]?.servers.find(each => each.server === name)?.received ?? null
    if (before === null || server.received === null || server.received < before) return null
    return Math.round(((server.received - before) * 1000) / (all[i]!.at - all[i - 1]!.at))
  }
  return (
    <div class="charts">
      <Chart title="Requests" unit="a second" times={times} lines={lines(requests)} />
      <Chart
        title="Latency"
        unit="ms, average since the start"
        times={times}
        lines={lines(({ latency }) => latency)}
      />
      <Chart title="Connections" unit="" times={times} lines={lines(({ connections }) => connections)} />
      <Chart
        title="Outstanding"
        unit="requests"
        times={times}
        lines={lines(({ outstanding }) => outstanding)}
      />
      <Chart
        title="zxid lag"
        unit="transactions behind"
        times={times}
        lines={lines(({ zxidLag }) => zxidLag)}
      />
      <Chart title="Watches" unit="" times={times} lines={lines(({ watches }) => watches)} />
    </div>
  )
}

function Members({ view: { members, membersNote } }: { view: EnsembleAnswer }) {
  return (
    <>
      <h3>Members of the configuration</h3>
      {membersNote !== null && <p class="quiet">{membersNote}</p>}
      {members.length > 0 && (
        <Table heads={['id', 'role', 'to its peers', 'to clients']}>
          {members.map(({ id, role, address, client }) => (
            <tr key={id}>
              <td>{id}</td>
              <td>{role}</td>
              <td>{address}</td>
              <td>{client ?? '-'}</td>
            </tr>
          ))}
        </Table>
      )}
    </>
  )
}
