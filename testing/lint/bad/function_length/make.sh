mkdir src && { echo "int f(void)"; echo "{"; yes "	g();" | head -n 81; echo "}"; } >src/long.c
