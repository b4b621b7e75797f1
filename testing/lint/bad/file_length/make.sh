mkdir src && yes "/* */" | head -n 601 >src/long.c
