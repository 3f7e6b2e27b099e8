def test_kernels_are_compiled_when_their_module_is_imported_and_let_go_of_the_interpreter_lock():
    from kernels.order import arrange, settle

    for kernel in (arrange, settle):
        assert len(kernel.signatures) == 1
        assert kernel.targetoptions["nogil"]
        assert not kernel.targetoptions.get("fastmath", False)
        assert not kernel.targetoptions.get("parallel", False)
