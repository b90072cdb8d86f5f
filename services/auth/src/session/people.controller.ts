import { Controller, Delete, Get, Param } from '@nestjs/common';
import { ApiOkResponse, ApiOperation, ApiProperty, ApiPropertyOptional, ApiTags } from '@nestjs/swagger';
import { AuditTrail } from '@muxgate/audit';
import { AdminTokens, ROLES } from '../admin/admin-tokens.js';
import { Needs } from '../admin/admin.guard.js';
import { CalledBy, type Caller } from '../http/caller.js';
import { ApiPage, isoTime, type Page } from '../http/paging.js';
import { SSO_PREFIX } from '../sso/role-of.js';
import { MOST_PEOPLE, PeopleStore } from './people.store.js';
import { SessionStore } from './session.store.js';

class PersonView {
  @ApiProperty({ description: 'as in sessions and in the audit log' }) name!: string;
  @ApiProperty({ enum: ROLES, description: 'of the token; by single sign-on that of the last sign-in' })
  role!: string;
  @ApiProperty({ enum: ['token', 'sso'] }) via!: string;
  @ApiPropertyOptional({ format: 'date-time' }) lastSignInAt?: string;
  @ApiProperty({ type: 'integer', description: 'of the console, open now' }) sessions!: number;
}

class EndedView {
  @ApiProperty({ type: 'integer', description: 'sessions' }) ended!: number;
}

/** Who can sign in to the console, and who has. */
@ApiTags('session')
@Controller('api/people')
@Needs('admin')
export class PeopleController {
  constructor(
    private readonly tokens: AdminTokens,
    private readonly people: PeopleStore,
    private readonly sessions: SessionStore,
    private readonly trail: AuditTrail,
  ) {}

  @Get()
  @ApiOperation({
    summary: `Who has an admin token, and the last ${MOST_PEOPLE} who came by single sign-on`,
  })
  @ApiPage(PersonView)
  async list(): Promise<Page<PersonView>> {
    const [seen, sessions] = await Promise.all([this.people.list(), this.sessions.list()]);
    const lastSignIn = new Map(seen.map(({ name, at }) => [name, at]));
    const holders = this.tokens.principals;
    const view = ({ name, role }: { name: string; role: string }, via: PersonView['via']): PersonView => {
      const at = lastSignIn.get(name);
      return {
        name,
        role,
        via,
        ...(at === undefined ? {} : { lastSignInAt: isoTime(at) }),
        sessions: sessions.filter(({ principal }) => principal.name === name).length,
      };
    };
    const bySso = seen.filter(({ name }) => name.startsWith(SSO_PREFIX));
    return { items: [...holders.map((one) => view(one, 'token')), ...bySso.map((one) => view(one, 'sso'))] };
  }

  @Delete(':name/sessions')
  @ApiOperation({ summary: 'End every session of one person' })
  @ApiOkResponse({ type: EndedView })
  async signOut(@Param('name') name: string, @CalledBy() caller: Caller): Promise<EndedView> {
    const ended = await this.sessions.endAllOf(name);
    await this.trail.record({
      actor: caller.name,
      action: 'session.revoke',
      subject: name,
      outcome: 'success',
      from: caller.address,
      details: { ended },
    });
    return { ended };
  }
}
