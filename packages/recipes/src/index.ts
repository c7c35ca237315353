export { type Schema, SchemaError, type SchemaIssue } from '@zookit/client'
export { Barrier, type BarrierOptions } from './barrier.ts'
export { Cache, type CacheEvent, type CacheOptions } from './cache/cache.ts'
export { ChildrenCache, type ChildrenCacheOptions } from './cache/children-cache.ts'
export { NodeCache } from './cache/node-cache.ts'
export type { CachedNode, NodeChange } from './cache/table/cached-node.ts'
export { TreeCache, type TreeCacheOptions } from './cache/tree-cache.ts'
export { Config, type ConfigEvent, type ConfigOptions, type ConfigVersion } from './config/config.ts'
export type { Changes, ChangesOptions } from './core/broadcast.ts'
export { type Codec, codecs } from './core/codec.ts'
export { ContendedLock } from './core/contended-lock.ts'
export type { ContenderInfo } from './core/contender-reader.ts'
export type { ParentMode } from './core/creation.ts'
export type { Limits } from './core/deadline.ts'
export { type HoldTrace, holdChannel, type RecipeTrace, recipeChannel } from './core/diagnostics.ts'
export { type LossReason, OwnershipError } from './core/errors.ts'
export { type Handle, NodeHandle } from './core/handle.ts'
export type { KeptNodeEvent, NodeLoss } from './core/kept-node-event.ts'
export { type AcquireOptions, Lockable } from './core/lockable.ts'
export type { Contender } from './core/names.ts'
export type { RecipeOptions } from './core/options.ts'
export type { OwnNode, WhenSuspended } from './core/ownership.ts'
export { type Revocable, RevocableHandle, type RevocableOptions } from './core/revocation.ts'
export { AtomicCounter, type AtomicCounterOptions } from './counter/atomic-counter.ts'
export { IdGenerator, type IdGeneratorOptions } from './counter/id-generator.ts'
export type { HealthOptions } from './discovery/health.ts'
export type { InstanceListEvent } from './discovery/instance-list.ts'
export type { BackoffOptions } from './discovery/outages.ts'
export { type InstanceChange, Publication, type PublicationEvent } from './discovery/publication.ts'
export {
  type CallOptions,
  type PickOptions,
  Service,
  type ServiceEvent,
  type Work,
} from './discovery/service.ts'
export {
  type QueryOptions,
  ServiceDiscovery,
  type ServiceDiscoveryOptions,
} from './discovery/service-discovery.ts'
export {
  type InstanceInit,
  type ServiceInstance,
  type ServiceType,
  uriOf,
} from './discovery/service-instance.ts'
export {
  type PublishOptions,
  ServiceRegistry,
  type ServiceRegistryOptions,
} from './discovery/service-registry.ts'
export {
  leastOutstanding,
  type PickContext,
  random,
  rendezvous,
  roundRobin,
  type Strategy,
  sticky,
  type WeightOf,
  weighted,
} from './discovery/strategies.ts'
export { BarrierMember, DoubleBarrier, type DoubleBarrierOptions } from './double-barrier.ts'
export { Group, type GroupOptions, type JoinOptions, Membership } from './group.ts'
export { GuaranteedDelete, type GuaranteedDeleteOptions } from './guaranteed-delete.ts'
export {
  type ElectionView,
  LeaderElection,
  type LeaderElectionOptions,
  Leadership,
  type LeaderWork,
  type LeadOptions,
} from './leader-election.ts'
export { HeldLease, type RenewOptions } from './lease/held-lease.ts'
export { Lease, type LeaseAcquireOptions, type LeaseOptions } from './lease/lease.ts'
export type { LeaseInfo } from './lease/lease-record.ts'
export { MultiHandle, MultiLock } from './multi-lock.ts'
export { Lock, Mutex } from './mutex.ts'
export type { Assign } from './partitioner/assignment.ts'
export { Partition } from './partitioner/partition.ts'
export { Partitioner, type PartitionerOptions, type PartitionerView } from './partitioner/partitioner.ts'
export type { PartitionWork } from './partitioner/workers.ts'
export {
  KeptNode,
  PersistentNode,
  type PersistentNodeMode,
  type PersistentNodeOptions,
} from './persistent-node.ts'
export { PersistentTtlNode, type PersistentTtlNodeOptions } from './persistent-ttl-node.ts'
export { type DelayEntry, type DelayOptions, type DelayPutOptions, DelayQueue } from './queue/delay-queue.ts'
export { type ConsumeOptions, ItemQueue, type ItemWork, type QueueOptions } from './queue/item-queue.ts'
export { type PriorityEntry, type PriorityPutOptions, PriorityQueue } from './queue/priority-queue.ts'
export { Queue } from './queue/queue.ts'
export { QueueItem } from './queue/queue-item.ts'
export { RateLimiter, type RateLimiterOptions } from './rate-limiter/rate-limiter.ts'
export { ReadLock, ReadWriteLock, WriteLock } from './read-write-lock.ts'
export { ReentrantLock, ReentrantMutex } from './reentrant-mutex.ts'
export { Permit, type PermitOptions, Semaphore, type SemaphoreOptions } from './semaphore.ts'
export {
  SharedValue,
  type SharedValueEvent,
  type SharedValueOptions,
  type Versioned,
} from './shared-value.ts'
