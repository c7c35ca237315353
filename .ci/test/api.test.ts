import { expect } from 'chai'
import { surfaceOf } from '../source/api.ts'

const FILES: Readonly<Record<string, string>> = {
  'dist/index.d.ts': `/// <reference types="node" />
import { hidden } from './lock.ts';
export { Lock, type Limits as Bounds } from './lock.js';
export { ACL as Acl } from '@zookit/jute';
export * from './more.ts';
export {};
//# sourceMappingURL=index.d.ts.map`,
  'dist/lock.d.ts': `/** A comment. */
export declare class Lock {
    #private;
    private secret;
    /** Releases it. */
    release(limits?: Limits): Promise<void>;
}
export interface Limits {
    timeout?: number;
}
export declare const hidden: number;`,
  'dist/more.d.ts': `export declare function more(a: string): void;
export declare function more(a: number): void;
export type Much = {
    a: string;
} | {
    b: string;
};`,
}

const surface = (files = FILES): string => surfaceOf('dist/index.d.ts', path => files[path]!)

describe('the report of a public surface', () => {
  it('has each exported name with its declarations, and nothing else', () => {
    expect(surface()).to.equal(`export { ACL as Acl } from '@zookit/jute'

// as Bounds
export interface Limits {
    timeout?: number;
}

export declare class Lock {
    release(limits?: Limits): Promise<void>;
}

export type Much = {
    a: string;
} | {
    b: string;
};

export declare function more(a: string): void;
export declare function more(a: number): void;`)
  })

  it('has what a class inherits, also from what is not exported, and types of which a member is taken', () => {
    const files = {
      'dist/index.d.ts': `import { Base } from './base.js';
export declare class Lock extends Base<string> {
}`,
      'dist/base.d.ts': `import { type Inner as Source } from './inner.js';
export declare class Base<T> {
    held: Source['held'];
    other: Unnamed;
}
interface Unnamed {
}`,
      'dist/inner.d.ts': 'export type Inner = { held: number };',
    }
    expect(surface(files)).to.equal(`export declare class Lock extends Base<string> {
}

// Not exported: what those above inherit.

export declare class Base<T> {
    held: Source['held'];
    other: Unnamed;
}

// as Source
export type Inner = { held: number };`)
  })

  it('changes with a member, and not with a comment or a private field', () => {
    const lock = FILES['dist/lock.d.ts']!
    const changed = (text: string): string => surface({ ...FILES, 'dist/lock.d.ts': text })
    expect(changed(lock.replace('A comment.', 'Another.').replace('private secret;', ''))).to.equal(surface())
    expect(changed(lock.replace('limits?: Limits', 'limits: Limits'))).not.to.equal(surface())
  })
})
