# break.sh: breaks the part that PALMAL_BREAK names. A part that hangs is hard to kill: it ignores signals and has a
# child in another session.
case ${PALMAL_BREAK:-} in
"fail:${PALMAL_PART##*.}")
	echo "broken \"on purpose\" \\ by the dry run" >&2
	exit 3
	;;
"hang:${PALMAL_PART##*.}")
	echo "hangs on purpose" >&2
	trap '' INT TERM HUP
	setsid sleep 1000 &
	while :; do sleep 1; done
	;;
"talk:${PALMAL_PART##*.}")
	while :; do echo "talks on purpose, without an end, more than any disk holds"; done
	;;
esac
