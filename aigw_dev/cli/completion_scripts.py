"""The completion scripts themselves, one function per shell: a table of places in, the text of a script out.

Each script walks the words typed so far to find its place, then offers that place's words. Behind `--` another
program's command line begins, and files are offered.
"""

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple


class Candidate(NamedTuple):
    """A word that may come next, with one line of help."""

    word: str
    help: str


class Place(NamedTuple):
    """A point in a command line: the words so far, and what may follow."""

    words: str
    """Empty at the root, `keys` in a group, `keys add` in a command."""
    candidates: tuple[Candidate, ...]
    values: dict[str, tuple[str, ...]]
    """By option: the values it takes; empty where the shell shall offer files."""


def bash(places: tuple[Place, ...]) -> str:
    """The script for bash, from 3.2 on, which macOS ships: no associative arrays, no mapfile."""

    def offer(words: tuple[str, ...]) -> str:
        listed = " ".join(words)
        return f'COMPREPLY=($(compgen -W "{listed}" -- "$current")); ' if listed else ""

    values = [
        f'    "{at.words}/{flag}") {offer(choices)}return ;;'
        for at in places
        for flag, choices in at.values.items()
    ]
    offers = [f'    "{at.words}") {offer(tuple(each.word for each in at.candidates))};;' for at in places]
    return _filled(
        """\
_aigw_dev() {
  local current="${COMP_WORDS[COMP_CWORD]}" previous="${COMP_WORDS[COMP_CWORD-1]}" place="" index
  COMPREPLY=()
  for ((index = 1; index < COMP_CWORD; index++)); do
    if [[ "${COMP_WORDS[index]}" == "--" ]]; then return; fi
    case "${place:+$place }${COMP_WORDS[index]}" in
      @NAMES@) place="${place:+$place }${COMP_WORDS[index]}" ;;
    esac
  done
  case "$place/$previous" in
@VALUES@
  esac
  case "$place" in
@OFFERS@
  esac
}
complete -o default -F _aigw_dev aigw-dev
""",
        names="|".join(f'"{at.words}"' for at in places if at.words),
        values="\n".join(values),
        offers="\n".join(offers),
    )


def zsh(places: tuple[Place, ...]) -> str:
    """The script for zsh, to be sourced after `compinit` or to lie in `fpath` as `_aigw-dev`."""

    def described(each: Candidate) -> str:
        return _single_quoted(f"{each.word}:{each.help}", by="'\\''")

    def offer(choices: tuple[str, ...]) -> str:
        return " ".join(("compadd", *choices)) if choices else "_files"

    values = [
        f'    ("{at.words}/{flag}") {offer(choices)}; return ;;'
        for at in places
        for flag, choices in at.values.items()
    ]
    offers = [
        f'    ("{at.words}") offers=({listed}) ;;'
        for at in places
        for listed in [" ".join(map(described, at.candidates))]
    ]
    return _filled(
        """\
#compdef aigw-dev
_aigw_dev() {
  local previous="${words[CURRENT-1]}" place="" index
  local -a offers
  for ((index = 2; index < CURRENT; index++)); do
    if [[ "${words[index]}" == "--" ]]; then _files; return; fi
    case "${place:+$place }${words[index]}" in
      (@NAMES@) place="${place:+$place }${words[index]}" ;;
    esac
  done
  case "$place/$previous" in
@VALUES@
  esac
  case "$place" in
@OFFERS@
  esac
  _describe 'aigw-dev' offers || _files
}
if [[ "${funcstack[1]}" == "_aigw-dev" ]]; then _aigw_dev "$@"; else compdef _aigw_dev aigw-dev; fi
""",
        names="|".join(f'"{at.words}"' for at in places if at.words),
        values="\n".join(values),
        offers="\n".join(offers),
    )


def fish(places: tuple[Place, ...]) -> str:
    """The script for fish, from 3.1 on."""
    lines = [
        _filled(
            """\
function __aigw_dev_at
    set -l place
    for word in (commandline -opc)[2..-1]
        test "$word" = --; and return 1
        set -l next (string join -- ' ' $place $word)
        contains -- "$next" @NAMES@; and set place "$next"
    end
    test "$place" = "$argv[1]"
end""",
            names=" ".join(f'"{at.words}"' for at in places if at.words),
        )
    ]
    for at in places:
        here = f'''complete -c aigw-dev -n "__aigw_dev_at '{at.words}'"'''
        for each in at.candidates:
            text = _single_quoted(each.help, by="\\'")
            if each.word.startswith("-"):
                lines.append(f"{here} {_fish_option(each.word, at.values.get(each.word))} -d {text}")
            else:
                lines.append(f"{here} -f -a {each.word} -d {text}")
    return "\n".join(lines) + "\n"


def powershell(places: tuple[Place, ...]) -> str:
    """The script for PowerShell, from 5.1 on; where it offers nothing, PowerShell offers files."""

    def listed(words: Iterable[str]) -> str:
        return ", ".join(_single_quoted(word, by="''") for word in words)

    offers = [
        f"    '{at.words}' = @({listed(f'{each.word} {each.help}' for each in at.candidates)})"
        for at in places
    ]
    values = [
        f"    '{at.words}/{flag}' = @({listed(choices)})"
        for at in places
        for flag, choices in at.values.items()
    ]
    return _filled(
        """\
Register-ArgumentCompleter -Native -CommandName aigw-dev -ScriptBlock {
  param($wordToComplete, $commandAst, $cursorPosition)
  $offers = @{
@OFFERS@
  }
  $values = @{
@VALUES@
  }
  $place = ''
  $previous = ''
  foreach ($element in ($commandAst.CommandElements | Select-Object -Skip 1)) {
    if ($element.Extent.EndOffset -ge $cursorPosition) { break }
    $word = $element.ToString()
    if ($word -eq '--') { return }
    $next = "$place $word".Trim()
    if ($offers.ContainsKey($next)) { $place = $next }
    $previous = $word
  }
  $found = if ($values.ContainsKey("$place/$previous")) { $values["$place/$previous"] } else { $offers[$place] }
  foreach ($each in $found) {
    $word, $help = $each -split ' ', 2
    if ($word -like "$wordToComplete*") {
      if (-not $help) { $help = $word }
      [System.Management.Automation.CompletionResult]::new($word, $word, 'ParameterValue', $help)
    }
  }
}
""",
        offers="\n".join(offers),
        values="\n".join(values),
    )


SCRIPTS: Final[dict[str, Callable[[tuple[Place, ...]], str]]] = {
    "bash": bash,
    "zsh": zsh,
    "fish": fish,
    "powershell": powershell,
}
"""By shell, the function that writes its script."""


def _fish_option(flag: str, choices: tuple[str, ...] | None) -> str:
    """How fish is told of an option: its name, and whether a value follows (None = it does not)."""
    name = f"-l {flag[2:]}" if flag.startswith("--") else f"-s {flag[1:]}"
    if choices is None:
        return name
    return f"-x {name} -a '{' '.join(choices)}'" if choices else f"-r {name}"


def _single_quoted(text: str, *, by: str) -> str:
    """`text` in single quotes; a single quote inside is replaced by `by`, the shell's way to write one."""
    return "'" + text.replace("'", by) + "'"


def _filled(template: str, **marks: str) -> str:
    """`template` with each `@NAME@` replaced; shells use braces and dollars for themselves."""
    for name, text in marks.items():
        template = template.replace(f"@{name.upper()}@", text)
    return template
