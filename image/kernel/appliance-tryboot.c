// SPDX-License-Identifier: GPL-2.0-only
/*
 * Tells the firmware of a Raspberry Pi that the coming restart is a try.
 *
 * `systemctl reboot "0 tryboot"` ends in reboot(2) with that text as its command. The firmware starts what is to
 * be tried when it was sent a message before, which Linux itself does not do. The notifiers of a restart run in a
 * process, before any driver is shut down, so that the firmware still answers. A panic, an emergency restart and
 * the watchdog call none of them: they never try anything.
 */

#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/bits.h>
#include <linux/build_bug.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/of.h>
#include <linux/reboot.h>
#include <soc/bcm2835/raspberrypi-firmware.h>

#include "order.h"

#define SET_REBOOT_FLAGS 0x00038064
#define TRY_ONCE BIT(0)
/* Set by the firmware in messages that it knows. */
#define ANSWERED BIT(31)

/* One message, as it goes into the firmware's list. */
struct message {
	struct rpi_firmware_property_tag_header head;
	u32 flags;
};

static_assert(sizeof(struct message) == 16);

/* 0, or an error. Waits a second at most (the driver's limit), and takes no memory. */
static int ask(struct rpi_firmware *firmware)
{
	struct message message = {
		.head = { .tag = SET_REBOOT_FLAGS, .buf_size = sizeof(message.flags) },
		.flags = TRY_ONCE,
	};
	int error = rpi_firmware_property_list(firmware, &message, sizeof(message));

	if (!error && !(message.head.req_resp_size & ANSWERED))
		error = -EOPNOTSUPP;
	return error;
}

/* The driver's, to be given back; NULL where there is none. */
static struct rpi_firmware *find_firmware(void)
{
	struct device_node *node = rpi_firmware_find_node();
	struct rpi_firmware *firmware = node ? rpi_firmware_get(node) : NULL;

	of_node_put(node);
	return firmware;
}

static void try_once(void)
{
	struct rpi_firmware *firmware = find_firmware();
	int error;

	if (!firmware) {
		pr_err("there is no firmware to be told of the try: this restart is an ordinary one\n");
		return;
	}
	error = ask(firmware);
	rpi_firmware_put(firmware);
	if (error)
		pr_err("the firmware does not take the order to try (%d): this restart is an ordinary one\n", error);
	else
		pr_info("the firmware was told that this restart is a try\n");
}

static int before_restart(struct notifier_block *self, unsigned long action, void *command)
{
	int partition = action == SYS_RESTART ? tried_partition(command) : NO_TRY;

	if (partition == 0)
		try_once();
	else if (partition != NO_TRY)
		pr_err("only the partition of autoboot.txt can be tried (0), not %d: this restart is an ordinary one\n",
		       partition);
	return NOTIFY_DONE;
}

static struct notifier_block notifier = { .notifier_call = before_restart };

/* Elsewhere than on a Raspberry Pi it is loaded too, and says why nothing can be tried. */
static int __init tryboot_init(void)
{
	struct rpi_firmware *firmware = find_firmware();

	if (firmware) {
		rpi_firmware_put(firmware);
		pr_info("restarts can be tries\n");
	} else {
		pr_info("this machine has no firmware of a Raspberry Pi: nothing can be tried\n");
	}
	return register_reboot_notifier(&notifier);
}
module_init(tryboot_init);

static void __exit tryboot_exit(void)
{
	unregister_reboot_notifier(&notifier);
}
module_exit(tryboot_exit);

MODULE_DESCRIPTION("Restarts that try another slot on a Raspberry Pi");
MODULE_AUTHOR("the voice appliance's developers");
MODULE_LICENSE("GPL");
