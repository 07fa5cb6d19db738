# bash completion for ibfleet.  ibfleet itself is asked what may follow: it knows its
# commands and options, the fleet file, and the runs.

_ibfleet()
{
    local answer home=~ # also where HOME is not set
    mapfile -t answer < <("${1/#\~/"$home"}" complete "${COMP_LINE:0:COMP_POINT}" "$2" 2>/dev/null)
    COMPREPLY=("${answer[@]:1}")
    [[ ${#COMPREPLY[@]} != 1 || ${COMPREPLY[0]} != *: ]] || compopt -o nospace 2>/dev/null
    case ${answer[0]-} in
    files) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
    folders) compopt -o filenames 2>/dev/null; mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
    programs) mapfile -t COMPREPLY < <(compgen -c -- "$2") ;;
    esac
}

complete -F _ibfleet ibfleet
