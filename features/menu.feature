@I-01 @I-02 @I-05
Feature: The menu
  A caller is led by announcements and chooses by key.

  Background:
    Given the call centre is open

  Scenario: A key leads to an announcement and back to the menu
    When a caller dials the menu number
    And the caller waits for the menu
    And the caller presses the key for information
    Then the caller hears the information announcement within 2 seconds
    And the caller hears the menu again

  Scenario: A wrong key is explained and may be corrected
    Given agent 1001 is on duty and ready
    When a caller dials the menu number
    And the caller waits for the menu
    And the caller presses a key the menu does not know
    Then the caller hears that the key is wrong within 2 seconds
    When the caller presses the key for an agent
    Then the telephone of agent 1001 rings within 5 seconds

  Scenario: A caller who presses nothing is reminded
    When a caller dials the menu number
    And the caller waits for the menu
    And the caller presses nothing
    Then the caller hears the reminder within 15 seconds

  Scenario: A caller who never chooses is released
    When a caller dials the menu number
    And the caller presses nothing
    Then the caller hears the goodbye announcement within 60 seconds
    And the caller is cleared with cause "normal call clearing" within 10 seconds
    And the circuit is free again within 2 seconds

  Scenario: A caller in a hurry interrupts the greeting
    Given agent 1001 is on duty and ready
    When a caller dials the menu number
    And the caller hears the greeting within 2 seconds
    And the caller interrupts and presses the key for an agent
    Then the telephone of agent 1001 rings within 2 seconds
