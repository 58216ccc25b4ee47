/* unit [VECTORS.json]: all unit tests. */
#include "check.h"

int main(int argc, char **argv)
{
    core_tests();
    sensor_board_tests();
    device_tests();
    if (argc > 1)
        vector_tests(argv[1]);
    return 0;
}
