/* SPDX-License-Identifier: MIT
 *
 * Standard input, output and error are there, whatever the process was started with.
 */
#ifndef TAM_TOOLS_DESCRIPTORS_H
#define TAM_TOOLS_DESCRIPTORS_H

/* Opens /dev/null in place of each of the descriptors 0, 1 and 2 that is closed: else the next socket, file or eventfd
 * would take its number, and what is written to standard error would go there. First of all in main(). Ends the process
 * where that cannot be done. */
void descriptors_fill(void);

#endif
