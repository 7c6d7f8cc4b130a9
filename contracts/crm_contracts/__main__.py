from crm_contracts.cli import main

main()
