// A made-up ensemble with living recipes: `@zookit/console/demo`.

export { type Demo, startDemo } from './demo/demo.ts'
