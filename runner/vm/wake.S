# A program for a Linux guest (x86-64) whose state has been restored, as its ELF file: it gives
# the kernel new random numbers and the time of day, which a shell cannot do well. `date` may
# know only whole seconds, and what is written to /dev/urandom is stirred in, but for a minute
# or so changes nothing of what comes out.
#
# It is started before the state is saved, says so on its standard output, and waits for a line on its
# standard input: to start a program costs a restored guest more than anything else here, since an
# emulator has yet to translate all that is needed for it. The line has, as wake.cc writes them in
# lower-case hexadecimal digits, what RNDADDENTROPY takes (bits, bytes, 32 bytes of seed) and a timespec
# for clock_settime, and behind them what is to be said on standard error. The exit status: 0, or
# EXIT_INPUT and on, for the step that went wrong.
#
# It is data of the runner, not code: nothing in it is relocated.

#define INPUT_SIZE 56
#define DIGITS (2 * INPUT_SIZE)
#define TIME_OFFSET 40
#define LONGEST_LINE 512
#define EXIT_INPUT 3
#define EXIT_OPEN 4
#define EXIT_SEED 5
#define EXIT_RESEED 6
#define EXIT_TIME 7

#define SYS_READ 0
#define SYS_WRITE 1
#define SYS_OPEN 2
#define SYS_IOCTL 16
#define SYS_EXIT 60
#define SYS_CLOCK_SETTIME 227
#define RNDADDENTROPY 0x40085203
#define RNDRESEEDCRNG 0x5207

#define ADDRESS 0x400000

    .section .rodata
    .globl kvmtest_wake
    .globl kvmtest_wake_end
    .balign 8
kvmtest_wake:
#if defined(__x86_64__)
    # ELF header
    .byte 0x7f, 'E', 'L', 'F', 2, 1, 1, 0  # 64 bits, little-endian
    .quad 0
    .word 2, 62                            # executable, x86-64
    .long 1
    .quad ADDRESS + (start - kvmtest_wake)
    .quad program_header - kvmtest_wake
    .quad 0
    .long 0
    .word 64, 56, 1, 0, 0, 0
program_header:
    .long 1, 5                             # load; read and execute
    .quad 0, ADDRESS, ADDRESS
    .quad kvmtest_wake_end - kvmtest_wake, kvmtest_wake_end - kvmtest_wake
    .quad 0x1000

start:
    sub $LONGEST_LINE, %rsp
    mov $1, %edi
    lea asleep(%rip), %rsi
    mov $(asleep_end - asleep), %edx
    mov $SYS_WRITE, %eax
    syscall

    # A terminal may bring the line in pieces.
    mov $EXIT_INPUT, %ebp
    xor %r12d, %r12d                       # how much of it is there
piece:
    xor %edi, %edi
    lea (%rsp, %r12), %rsi
    mov $LONGEST_LINE, %edx
    sub %r12d, %edx
    jz leave
    xor %eax, %eax                         # SYS_READ
    syscall
    test %rax, %rax
    jle leave
    add %eax, %r12d
    cmpb $10, -1(%rsp, %r12)               # a line feed
    jne piece
    cmp $DIGITS, %r12d
    jbe leave

    # Two digits become a byte, in place.
    xor %ecx, %ecx
decode:
    mov (%rsp, %rcx, 2), %al
    call digit
    shl $4, %al
    mov %al, %dl
    mov 1(%rsp, %rcx, 2), %al
    call digit
    or %dl, %al
    mov %al, (%rsp, %rcx)
    inc %ecx
    cmp $INPUT_SIZE, %ecx
    jne decode

    lea urandom(%rip), %rdi
    mov $1, %esi                           # O_WRONLY
    xor %edx, %edx
    mov $SYS_OPEN, %eax
    syscall
    mov $EXIT_OPEN, %ebp
    test %rax, %rax
    js leave
    mov %eax, %ebx

    mov %ebx, %edi
    mov $RNDADDENTROPY, %esi
    mov %rsp, %rdx
    mov $SYS_IOCTL, %eax
    syscall
    mov $EXIT_SEED, %ebp
    test %rax, %rax
    js leave

    mov %ebx, %edi
    mov $RNDRESEEDCRNG, %esi
    xor %edx, %edx
    mov $SYS_IOCTL, %eax
    syscall
    mov $EXIT_RESEED, %ebp
    test %rax, %rax
    js leave

    xor %edi, %edi                         # CLOCK_REALTIME
    lea TIME_OFFSET(%rsp), %rsi
    mov $SYS_CLOCK_SETTIME, %eax
    syscall
    mov $EXIT_TIME, %ebp
    test %rax, %rax
    js leave
    xor %ebp, %ebp

    lea -DIGITS(%r12), %edx
    cmp $1, %edx                           # the line feed alone says nothing
    je leave
    mov $2, %edi
    lea DIGITS(%rsp), %rsi
    mov $SYS_WRITE, %eax
    syscall

leave:
    mov %ebp, %edi
    mov $SYS_EXIT, %eax
    syscall

digit:
    cmp $'a', %al
    jb decimal
    sub $('a' - '0' - 10), %al
decimal:
    sub $'0', %al
    ret

urandom:
    .asciz "/dev/urandom"
asleep:
    .ascii "asleep\n"
asleep_end:
#endif
kvmtest_wake_end:

    .section .note.GNU-stack, "", @progbits
