// The program from its sources. bin/main.ts is what is installed.

import { main } from './program.ts'

await main()
