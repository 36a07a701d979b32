# SPDX-License-Identifier: MIT
# Completion of tam(1), tamd(8) and tam-issuer(1) for fish. Commands, options, algorithms, plugins and the directory of services come
# from the programs' own help, so they are never out of step.

function __tam_help
    set -l program (commandline -opc)[1]
    COLUMNS=9999 $program $argv --help 2>/dev/null
end

# The commands or options, each with what it does behind a tab.
function __tam_words
    __tam_help $argv | sed -n 's/^  \(--[a-z][a-z0-9-]*=\{0,1\}\)[^ ]*  *\(.*\)/\1\t\2/p; s/^  \([a-z][a-z0-9-]*\)  *\(.*\)/\1\t\2/p'
end

function __tam_services
    set -l directory (__tam_help $argv | sed -n 's/^  --service=.* name in \(\/[^ ]*\).*/\1/p')
    test -d "$directory"; and for file in $directory/*
        test -f $file; and string replace -r '.*/' '' $file
    end
end

# What may stand behind OPTION= of which VALUE is there.
function __tam_value
    set -l option $argv[1]
    set -l value $argv[2]
    set -l program (string replace -r '.*/' '' (commandline -opc)[1])
    switch $option
        case --service
            __tam_services $argv[3..]
            __fish_complete_path $value
        case --config
            test $program != tam; and __fish_complete_path $value
        case --key --hmac-file --fixture --log
            __fish_complete_path $value
        case --header --claims
            string match -q '@*' -- $value; and __fish_complete_path (string sub -s 2 -- $value) | string replace -r '^' @
        case --plugin-dir --dir
            __fish_complete_directories $value ''
        case --alg
            __tam_help $argv[3..] | sed -n 's/^Algorithms: //p' | string split ' '
    end
end

function __tam_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l command
    if test (string replace -r '.*/' '' $before[1]) = tam
        set command $before[2]
        if test -z "$command"; and not string match -q -- '*=*' $current
            __tam_words
            printf '%s\n' help --help --version
            return
        end
        test "$command" = help; and set command
        test "$command" = plugins; and begin
            $before[1] plugins 2>/dev/null | sed 's/ .*//'
            printf '%s\n' resource service
        end
    end
    if string match -q -- '--*=*' $current
        set -l parts (string split -m 1 = -- $current)
        __tam_value $parts[1] "$parts[2]" $command | string replace -r -- '^' $parts[1]=
    else
        __tam_words $command
    end
end

for program in tam tamd tam-issuer
    complete -c $program -f -a '(__tam_complete)'
end
