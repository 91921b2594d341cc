/* SPDX-License-Identifier: GPL-2.0-only */
/* What a command of reboot(2) orders. Plain C, without the kernel: tests/image/test_pi5_module.py runs it. */

#ifndef APPLIANCE_TRYBOOT_ORDER_H
#define APPLIANCE_TRYBOOT_ORDER_H

/* The kernel keeps 256 bytes of a command, the last of them 0 (kernel/reboot.c). */
#define MAX_COMMAND 255
/* Of the firmware; 63 stands for "halt". */
#define MAX_PARTITION 62
#define NO_TRY (-1)

#define TRY_WORD "tryboot"

static int is_end(char c)
{
	return c == '\0' || c == ' ';
}

/* Whether the word at this place is the one of a try. */
static int is_try(const char *text)
{
	int i;

	for (i = 0; TRY_WORD[i] != '\0'; i++)
		if (text[i] != TRY_WORD[i])
			return 0;
	return is_end(text[i]);
}

/*
 * The partition that is to be tried by "PARTITION … tryboot …" (words between single or more spaces), 0 standing
 * for the one that autoboot.txt names; NO_TRY for every other command, and for none.
 */
static int tried_partition(const char *command)
{
	int partition = 0;
	int i;

	if (!command || command[0] < '0' || command[0] > '9')
		return NO_TRY;
	for (i = 0; command[i] >= '0' && command[i] <= '9'; i++) {
		partition = partition * 10 + (command[i] - '0');
		if (partition > MAX_PARTITION)
			return NO_TRY;
	}
	if (!is_end(command[i]))
		return NO_TRY;
	for (; i < MAX_COMMAND && command[i] != '\0'; i++)
		if (command[i] == ' ' && is_try(command + i + 1))
			return partition;
	return NO_TRY;
}

#endif
