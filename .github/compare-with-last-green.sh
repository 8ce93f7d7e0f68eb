#!/bin/sh
# Appends to the job summary what has changed since the last night in which this job was green. Takes the job's name
# ($JOB) and that of its artifact ($REPORT). It tells and does not judge: were a regression a failure, a claim that was
# removed on purpose would fail every night.
set -eu
for run in $(gh run list --workflow nightly.yml --event schedule --status completed --limit 14 --json databaseId --jq '.[].databaseId'); do
  result=$(gh run view "$run" --json jobs --jq '.jobs[] | select(.name == env.JOB) | .conclusion')
  if [ "$result" = success ] && gh run download "$run" --name "$REPORT" --dir "$RUNNER_TEMP/last"; then break; fi
done
if [ ! -d "$RUNNER_TEMP/last" ]; then
  echo 'There is no report of an earlier green night to compare with.' >> "$GITHUB_STEP_SUMMARY"
  exit 0
fi
npm run --silent meshtrust -- diff "$RUNNER_TEMP/last" reports/nightly -o markdown >> "$GITHUB_STEP_SUMMARY" || test $? -eq 1
