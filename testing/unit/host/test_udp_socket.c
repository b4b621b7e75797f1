/* SPDX-License-Identifier: Apache-2.0 */
#include <fcntl.h>
#include <linux/udp.h>
#include <sys/wait.h>
#include "unit/host/real_fixture.h"

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_int_equal(getsockopt(fd, level, name, &value, &len), 0);
	return value;
}

static int open_socket(struct host *host, uint8_t family, uint16_t port, bool natt)
{
	int fd = -1;

	assert_int_equal(udp_socket_open(real_of(host), family, port, natt, &fd, NULL), RC_OK);
	return fd;
}

static void sockets_tell_addresses_and_allow_fragments(void **state)
{
	struct host *host = real_host();
	uint16_t port = free_ports();
	int v4 = open_socket(host, AF_INET, port, false);
	int v6 = open_socket(host, AF_INET6, port, false); /* beside IPv4's */

	(void)state;
	assert_int_equal(option(v4, IPPROTO_IP, IP_PKTINFO), 1);
	assert_int_equal(option(v4, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_DONT);
	assert_int_equal(option(v6, IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);
	assert_int_equal(option(v6, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	assert_int_equal(option(v6, IPPROTO_IPV6, IPV6_MTU_DISCOVER), IPV6_PMTUDISC_DONT);
	assert_true(fcntl(v4, F_GETFL) & O_NONBLOCK);
	assert_true(fcntl(v4, F_GETFD) & FD_CLOEXEC);
	assert_true(option(v4, SOL_SOCKET, SO_RCVBUF) > 300000);
	close(v4);
	close(v6);
	host_real_free(host);
}

static void only_natt_sockets_give_esp_to_the_kernel(void **state)
{
	struct captured captured;
	struct host *host = real_host_logging(1, &captured);
	uint16_t port = free_ports();
	int plain = open_socket(host, AF_INET, port, false);
	int natt = open_socket(host, AF_INET, (uint16_t)(port + 1), true);

	(void)state;
	assert_int_equal(option(plain, IPPROTO_UDP, UDP_ENCAP), 0);
	if (!real_of(host)->udp.told_encap) /* this kernel can */
		assert_int_equal(option(natt, IPPROTO_UDP, UDP_ENCAP), UDP_ENCAP_ESPINUDP);
	close(plain);
	close(natt);
	host_real_free(host);
	log_free(captured.log);
}

static void what_the_kernel_lacks_is_told_once(void **state)
{
	struct captured captured;
	struct host *host = real_host_logging(1, &captured);

	(void)state;
	for (int i = 0; i < 3; i++)
		close(open_socket(host, AF_INET, free_ports(), true));
	assert_int_equal(captured.lines,
			 real_of(host)->udp.told_bypass + real_of(host)->udp.told_encap);
	host_real_free(host);
	log_free(captured.log);
}

static void port_in_use_is_explained(void **state)
{
	struct host *host = real_host();
	uint16_t port = free_ports();
	int first = open_socket(host, AF_INET, port, false), second = -1;
	struct diag diag = { "" };
	char number[16];

	(void)state;
	assert_int_equal(udp_socket_open(real_of(host), AF_INET, port, false, &second, &diag),
			 RC_EXISTS);
	snprintf(number, sizeof(number), "port %u ", port);
	assert_non_null(strstr(diag.text, number));
	assert_non_null(strstr(diag.text, "in use"));
	assert_int_equal(second, -1);
	close(first);
	host_real_free(host);
}

/* In a child, because privileges are not regained. */
static int open_without_privilege(void)
{
	struct captured captured;
	struct host *host;

	if (setresuid(65534, 65534, 65534) != 0 && geteuid() == 0)
		return 3;
	host = real_host_logging(1, &captured);
	for (int i = 0; i < 3; i++)
		close(open_socket(host, AF_INET, free_ports(), false));
	if (captured.lines != 1)
		return 1;
	return strstr(captured.last, "CAP_NET_ADMIN") != NULL ? 0 : 2;
}

static void bypass_without_privilege_is_told_once(void **state)
{
	pid_t child = fork();
	int status = -1;

	(void)state;
	if (child == 0)
		_exit(open_without_privilege());
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

/* Ports below 1024 need a privilege, which a user without capabilities lacks; in a child, because
 * it is not regained. */
static int try_privileged_port(void)
{
	struct host *host = real_host();
	struct diag diag = { "" };
	int fd = -1;
	enum rc rc;

	if (setresuid(65534, 65534, 65534) != 0 && geteuid() == 0)
		return 3;
	rc = udp_socket_open(real_of(host), AF_INET, 1, false, &fd, &diag);
	host_real_free(host);
	if (rc != RC_PERMISSION)
		return 1;
	return strstr(diag.text, "CAP_NET_BIND_SERVICE") != NULL ? 0 : 2;
}

static void privileged_port_without_privilege_names_the_remedy(void **state)
{
	pid_t child = fork();
	int status = -1;

	(void)state;
	if (child == 0)
		_exit(try_privileged_port());
	assert_true(child > 0);
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(sockets_tell_addresses_and_allow_fragments),
		cmocka_unit_test(only_natt_sockets_give_esp_to_the_kernel),
		cmocka_unit_test(what_the_kernel_lacks_is_told_once),
		cmocka_unit_test(bypass_without_privilege_is_told_once),
		cmocka_unit_test(port_in_use_is_explained),
		cmocka_unit_test(privileged_port_without_privilege_names_the_remedy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
