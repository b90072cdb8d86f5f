import { Controller, Head } from '@nestjs/common';

/** What clients ask for to see whether anybody is there. */
@Controller()
export class HelloController {
  @Head()
  root(): void {}

  @Head('api/hello')
  hello(): void {}
}
