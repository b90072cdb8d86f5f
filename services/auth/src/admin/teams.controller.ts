import { Body, Controller, Delete, Get, HttpCode, Param, Patch, Put, Query } from '@nestjs/common';
import { ApiNoContentResponse, ApiOkResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import type { Team } from '@muxgate/clients';
import { CalledBy, type Caller } from '../http/caller.js';
import { ValidationFailed } from '../http/http.errors.js';
import { ApiPage, PageQuery, type Page } from '../http/paging.js';
import { Needs } from './admin.guard.js';
import { AuditTrail } from '@muxgate/audit';
import { BudgetStates } from './budget-states.js';
import { assertChangeable, ClientDirectory, teamUnknown, type Sourced } from './client-directory.js';
import { TeamView } from './client-key.view.js';
import { CREDENTIAL_ID } from './credential-id.js';
import { AccessBody } from './limits.body.js';

class TeamBody extends AccessBody {}

/** Teams: what their keys may do that do not say, and the limits and the budget that all of them share. */
@ApiTags('teams')
@Controller('api/teams')
export class TeamsController {
  constructor(
    private readonly directory: ClientDirectory,
    private readonly budgets: BudgetStates,
    private readonly trail: AuditTrail,
  ) {}

  @Get()
  @Needs('viewer')
  @ApiOperation({ summary: 'List teams: those of the configuration file, then the others, by name' })
  @ApiPage(TeamView)
  async list(@Query() { cursor, limit }: PageQuery): Promise<Page<TeamView>> {
    const teams = await this.directory.allTeams();
    const from = cursor === undefined ? 0 : teams.findIndex(({ name }) => name === cursor) + 1;
    const items = teams.slice(from, from + limit);
    const last = items.at(-1);
    return from + limit < teams.length && last ? { items, nextCursor: last.name } : { items };
  }

  @Get(':name')
  @Needs('viewer')
  @ApiOperation({ summary: 'One team' })
  @ApiOkResponse({ type: TeamView })
  async get(@Param('name') name: string): Promise<TeamView> {
    const team = await this.directory.team(name);
    return team.budget === undefined
      ? team
      : { ...team, budget: await this.budgets.of('team', name, team.budget) };
  }

  @Put(':name')
  @Needs('operator')
  @ApiOperation({ summary: 'Create or replace a team' })
  @ApiOkResponse({ type: TeamView })
  async put(
    @Param('name') name: string,
    @Body() body: TeamBody,
    @CalledBy() caller: Caller,
  ): Promise<TeamView> {
    assertName(name);
    const before = (await this.directory.allTeams()).find((team) => team.name === name);
    if (before !== undefined) assertChangeable(before);
    const team = { ...given(body), name };
    await this.directory.teams.put(team);
    return this.written(team, before === undefined ? 'team.create' : 'team.change', body, caller);
  }

  @Patch(':name')
  @Needs('operator')
  @ApiOperation({ summary: 'Change a team: what is absent stays, what is null goes' })
  @ApiOkResponse({ type: TeamView })
  async change(
    @Param('name') name: string,
    @Body() body: TeamBody,
    @CalledBy() caller: Caller,
  ): Promise<TeamView> {
    assertChangeable(await this.directory.team(name));
    const team = await this.directory.teams.update(name, (before) => ({
      ...given(Object.assign({}, before, body)),
      name,
    }));
    if (team === undefined) throw teamUnknown();
    return this.written(team, 'team.change', body, caller);
  }

  @Delete(':name')
  @HttpCode(204)
  @Needs('operator')
  @ApiOperation({ summary: 'Forget a team; its keys stay, without what it has settled' })
  @ApiNoContentResponse()
  async remove(@Param('name') name: string, @CalledBy() caller: Caller): Promise<void> {
    assertChangeable(await this.directory.team(name));
    if (!(await this.directory.teams.remove(name))) throw teamUnknown();
    await this.record(caller, 'team.remove', name, {});
  }

  private async written(team: Team, action: string, body: TeamBody, caller: Caller): Promise<Sourced<Team>> {
    await this.record(caller, action, team.name, { changed: Object.keys(body) });
    return { ...team, source: 'api' };
  }

  private record(caller: Caller, action: string, name: string, details: Record<string, unknown>) {
    return this.trail.record({
      actor: caller.name,
      action,
      subject: name,
      outcome: 'success',
      from: caller.address,
      details,
    });
  }
}

/** Without what is null. */
function given(settings: object): Omit<Team, 'name'> {
  return Object.fromEntries(Object.entries(settings).filter(([, value]) => value != null));
}

function assertName(name: string): void {
  if (CREDENTIAL_ID.test(name)) return;
  const message = 'may hold letters, digits, ".", "_" and "-", at most 128';
  throw new ValidationFailed(`name: ${message}`, { members: { errors: [{ path: 'name', message }] } });
}
