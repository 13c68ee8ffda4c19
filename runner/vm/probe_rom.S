# The guest with which the runner finds out whether KVM works (see probe.h): a ROM of 64 KiB
# that goes where Linux goes, from real mode to long mode, executes what Linux will
# (int3, cmpxchg16b, xsave and xrstor) and a few million instructions, and leaves
# through isa-debug-exit at port 0xf4. What it writes there becomes qemu's exit status
# (value << 1) | 1.
#
# It is data of the runner, not code: nothing in it is relocated. All addresses are
# differences of labels, added to where the ROM lies, below 4 GiB.

#define EXIT_PORT 0xf4
#define EXIT_GOOD 0x15
#define EXIT_EXCEPTION 1
#define EXIT_INT3 2
#define EXIT_CMPXCHG16B 3
#define EXIT_XSAVE 4

#define PML4 0x1000
#define PDPT 0x2000
#define PAGE_DIRECTORIES 0x3000 /* four of them */
#define IDT 0x8000
#define CELL 0x9000
#define STACK 0xb000
#define XSAVE_AREA 0xc000

#define LINEAR(label) (0xffff0000 + (label - kvmtest_probe_rom))

    .section .rodata
    .globl kvmtest_probe_rom
    .globl kvmtest_probe_rom_end
    .balign 64
kvmtest_probe_rom:
#if defined(__x86_64__)
    .skip 0xf000

    .balign 8
gdt:
    .quad 0
    .quad 0x00cf9b000000ffff  # 0x08: 32-bit code
    .quad 0x00cf93000000ffff  # 0x10: data
    .quad 0x00af9b000000ffff  # 0x18: 64-bit code
gdt_pointer:
    .word 31
    .long LINEAR(gdt)

    .code16
real_mode:
    cli
    lgdtl %cs:(gdt_pointer - kvmtest_probe_rom)
    movl %cr0, %eax
    orb $1, %al
    movl %eax, %cr0
    ljmpl $0x08, $LINEAR(protected_mode)

    .code32
protected_mode:
    movw $0x10, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movl $STACK, %esp
    cld
    xorl %eax, %eax
    movl $PML4, %edi
    movl $(0x6000 / 4), %ecx
    rep stosl
    movl $(PDPT + 3), PML4
    movl $(PAGE_DIRECTORIES + 0x0003), PDPT
    movl $(PAGE_DIRECTORIES + 0x1003), PDPT + 8
    movl $(PAGE_DIRECTORIES + 0x2003), PDPT + 16
    movl $(PAGE_DIRECTORIES + 0x3003), PDPT + 24
    # 2048 pages of 2 MiB: all 4 GiB as they are.
    movl $PAGE_DIRECTORIES, %edi
    movl $0x83, %eax
    movl $2048, %ecx
1:  movl %eax, (%edi)
    addl $0x200000, %eax
    addl $8, %edi
    loop 1b
    movl $PML4, %eax
    movl %eax, %cr3
    movl %cr4, %eax
    orl $0x620, %eax          # PAE, OSFXSR, OSXMMEXCPT
    movl %eax, %cr4
    movl $0xc0000080, %ecx    # EFER.LME
    rdmsr
    orl $0x100, %eax
    wrmsr
    movl %cr0, %eax
    andl $0xfffffffb, %eax    # no x87 emulation
    orl $0x80000022, %eax     # paging, native x87 errors, monitor coprocessor
    movl %eax, %cr0
    ljmpl $0x18, $LINEAR(long_mode)

    .code64
long_mode:
    movl $STACK, %esp
    # Every exception but the breakpoint is a failure.
    leaq unexpected(%rip), %rax
    movl $IDT, %edi
    movl $32, %ecx
1:  call set_gate
    addl $16, %edi
    decl %ecx
    jnz 1b
    leaq breakpoint(%rip), %rax
    movl $(IDT + 3 * 16), %edi
    call set_gate
    movw $(32 * 16 - 1), CELL
    movl $IDT, CELL + 2
    movl $0, CELL + 6
    lidt CELL

    xorl %r15d, %r15d
    int3
    int3
    movb $EXIT_INT3, %al
    cmpl $2, %r15d
    jne leave_al

    movl $1, %eax
    cpuid
    movl %ecx, %r14d
    btl $13, %r14d            # cmpxchg16b: a CPU without it is not asked
    jnc 2f
    xorl %eax, %eax
    xorl %edx, %edx
    movq %rax, CELL
    movq %rax, CELL + 8
    movl $0x1234, %ebx
    movl $0x5678, %ecx
    lock cmpxchg16b CELL
    movb $EXIT_CMPXCHG16B, %al
    jnz leave_al
    cmpq $0x1234, CELL
    jne leave_al
    cmpq $0x5678, CELL + 8
    jne leave_al

2:  btl $26, %r14d            # xsave
    jnc 3f
    movq %cr4, %rax
    btsq $18, %rax            # OSXSAVE
    movq %rax, %cr4
    xorl %ecx, %ecx
    xorl %edx, %edx
    movl $3, %eax             # x87 and SSE
    xsetbv
    movl $0x4711, %ebx
    movq %rbx, %xmm0
    movl $3, %eax
    xsave64 XSAVE_AREA
    pxor %xmm0, %xmm0
    movl $3, %eax
    xorl %edx, %edx
    xrstor64 XSAVE_AREA
    movq %xmm0, %rcx
    movb $EXIT_XSAVE, %al
    cmpq %rbx, %rcx
    jne leave_al

3:  movl $1500000, %ecx
4:  addl %ecx, CELL
    decl %ecx
    jnz 4b
    movb $EXIT_GOOD, %al
leave_al:
    outb %al, $EXIT_PORT
5:  hlt
    jmp 5b

breakpoint:
    incl %r15d
    iretq
unexpected:
    movb $EXIT_EXCEPTION, %al
    jmp leave_al

# An interrupt gate at (%rdi) for the handler %rax.
set_gate:
    movq %rax, %rdx
    movw %dx, (%rdi)
    movw $0x18, 2(%rdi)
    movw $0x8e00, 4(%rdi)
    shrq $16, %rdx
    movw %dx, 6(%rdi)
    shrq $16, %rdx
    movl %edx, 8(%rdi)
    movl $0, 12(%rdi)
    ret

    .code16
    .org kvmtest_probe_rom + 0xfff0
reset_vector:
    jmp real_mode
    .org kvmtest_probe_rom + 0x10000
#endif
kvmtest_probe_rom_end:

    .section .note.GNU-stack, "", @progbits
