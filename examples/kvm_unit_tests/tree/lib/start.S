# Where qemu's -kernel enters a 32-bit multiboot kernel: with %ebx = the multiboot information.
        .set    MAGIC, 0x1badb002
        .set    FLAGS, 0

        .section .multiboot, "a"
        .balign 4
        .long   MAGIC, FLAGS, -(MAGIC + FLAGS)

        .section .text
        .globl  start
start:
        mov     $stack_end, %esp
        push    16(%ebx)                # the command line
        call    run
1:      hlt
        jmp     1b

        .section .bss
        .balign 16
        .skip   16384
stack_end:
        .section .note.GNU-stack, "", @progbits
