#!/usr/bin/env bash
# monthly-report.sh: what each team used in a month and what it cost, as Markdown.
#
#   monthly-report.sh [options] > report.md
#
#   --month YYYY-MM         the month, in the organisation's time zone (the last one)
#   --top N                 how many models and keys to name (10)
#   --csv FILE              the figures by team, key, model, provider and day as well, for a spreadsheet
#
# Needs curl and jq, MUXGATE_URL and MUXGATE_ADMIN_TOKEN or MUXGATE_ADMIN_TOKEN_FILE (role viewer).
set -euo pipefail
# shellcheck source=api.sh
source "$(dirname "${BASH_SOURCE[0]}")/api.sh"

month='' top=10 csv=''
while [[ $# -gt 0 ]]; do
  case $1 in
  -h | --help) help_text && exit 0 ;;
  esac
  [[ $# -ge 2 ]] || die "$1 needs a value, or is no option; see --help" 2
  case $1 in
  --month) month=$2 ;;
  --top) top=$2 ;;
  --csv) csv=$2 ;;
  *) die "no option $1; see --help" 2 ;;
  esac
  shift 2
done
[[ $top =~ ^[1-9][0-9]*$ ]] || die '--top is a whole number of at least 1' 2
require_access

# the day before the first of this month is in the last one
[[ -n $month ]] || month=$(jq -rn 'now | strftime("%Y-%m-01T00:00:00Z") | fromdate - 86400 | strftime("%Y-%m")')
[[ $month =~ ^[0-9]{4}-(0[1-9]|1[0-2])$ ]] || die '--month is a month such as 2026-11' 2
# the 1st plus 31 days lies in the next month; the day before its 1st is the last of this one
last=$(jq -rn --arg month "$month" '
  "\($month)-01T00:00:00Z" | fromdate + 31 * 86400
  | strftime("%Y-%m-01T00:00:00Z") | fromdate - 86400 | strftime("%Y-%m-%d")')
range="from=$month-01&to=$last"

by_team=$(api GET "/api/usage?$range&groupBy=team")
by_model=$(api GET "/api/usage?$range&groupBy=model,provider")
by_key=$(api GET "/api/usage?$range&groupBy=team,key")
if [[ -n $csv ]]; then api GET "/api/usage?$range&groupBy=team,key,model,provider,day&format=csv" >"$csv"; fi

# by way of files: an argument has a greatest length
jq -rn --arg month "$month" --argjson top "$top" --slurpfile team <(printf '%s' "$by_team") \
  --slurpfile model <(printf '%s' "$by_model") --slurpfile key <(printf '%s' "$by_key") '
  ($team[0]) as $team | ($model[0]) as $model | ($key[0]) as $key |
  def usd: . * 100 | round / 100 | tostring
    | if test("\\.") then . else "\(.).00" end | if test("\\.[0-9]$") then "\(.)0" else . end;
  # a name must not end its cell or its line
  def cell: (. // "" | gsub("[|\\n\\r]"; " ")) | if . == "" then "(none)" else . end;
  def dear: sort_by(-.costNanoUsd, -.requests);
  def row: [.requests, .errors, .inputTokens + .cacheReadTokens + .cacheCreationTokens, .outputTokens, (.costUsd | usd)];
  def table(names; first):
    "| \(names | join(" | ")) | requests | errors | tokens in | tokens out | USD |",
    "| \(names | map("---") | join(" | ")) | ---: | ---: | ---: | ---: | ---: |",
    (.[] | "| \([first] + row | map(tostring) | join(" | ")) |");
  "# Usage in \($month)",
  "",
  "\($team.totals.requests) requests, \($team.totals.costUsd | usd) USD. Days begin and end in \($team.timeZone).",
  ( if $team.totals.estimatedAttempts > 0
    then "Of this, \($team.totals.estimatedCostUsd | usd) USD rests on estimates: the provider did not say what it billed."
    else empty end ),
  ( if $team.totals.unpricedAttempts > 0
    then "Not in it: \($team.totals.unpricedAttempts) attempts whose price nobody knows."
    else empty end ),
  "Prices without an entry of the configuration are those of \($team.priceList.name) of \($team.priceList.date).",
  "",
  "## By team",
  "",
  ($team.items | dear | table(["team"]; .team | cell)),
  "",
  "## Models",
  "",
  ($model.items | dear[:$top] | table(["model", "provider"]; (.model | cell), (.provider | cell))),
  "",
  "## Keys",
  "",
  ($key.items | dear[:$top] | table(["team", "key"]; (.team | cell), (.keyName // .key | cell)))'
